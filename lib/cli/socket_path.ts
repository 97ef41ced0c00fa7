import { FatalError } from "../system/fatal.ts";
import { socketPathProblem } from "../system/paths.ts";

/**
 * Refuses a path that no socket can have.
 *
 * @throws {FatalError} If it is too long.
 */
export function checkSocketPath(socket: string): void {
  const problem = socketPathProblem(socket);
  if (problem !== undefined) throw new FatalError(problem);
}
