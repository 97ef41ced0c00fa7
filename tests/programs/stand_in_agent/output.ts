/** A message of the stand-in. */
export type Message = Record<string, unknown>;

const ENCODER = new TextEncoder();

/** Opens a log file of the stand-in; there is none without `STAND_IN_LOG_DIR`. */
export function openLog(name: string): Deno.FsFile | undefined {
  const directory = Deno.env.get("STAND_IN_LOG_DIR");
  if (directory === undefined) return undefined;
  return Deno.openSync(`${directory}/${name}`, { append: true, create: true });
}

/** Writes all of the bytes. */
export function writeAll(file: { writeSync(bytes: Uint8Array): number }, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length;) done += file.writeSync(bytes.subarray(done));
}

/** The stdout of the stand-in, every byte of which is logged first. */
export class Output {
  readonly #log: Deno.FsFile | undefined;

  /** @param id The conversation, after which the log is named. */
  constructor(id: string) {
    this.#log = openLog(`output-${id}`);
  }

  /** Writes a message as a line. */
  send(message: Message): void {
    this.write(ENCODER.encode(`${JSON.stringify(message)}\n`));
  }

  /** Writes bytes as they are. Like the real one, it goes on with its turn when nobody is there to read them. */
  write(bytes: Uint8Array): void {
    if (this.#log !== undefined) writeAll(this.#log, bytes);
    try {
      writeAll(Deno.stdout, bytes);
    } catch (error) {
      if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
    }
  }
}
