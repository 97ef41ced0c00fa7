import { ClaustrumError } from "../system/claustrum_error.ts";
import { socketPathProblem } from "../system/paths.ts";

/**
 * Checks that the path of a socket is valid.
 *
 * @throws {ClaustrumError} If it is too long.
 */
export function checkSocketPath(socket: string): void {
  const problem = socketPathProblem(socket);
  if (problem !== undefined) throw new ClaustrumError(problem);
}
