/** Placeholder until merged. */
export class PasswordChecker implements Disposable {
  constructor(_o: { hash: string | undefined }) {}
  check(_p: string): Promise<boolean> {
    return Promise.resolve(false);
  }
  [Symbol.dispose](): void {}
}
