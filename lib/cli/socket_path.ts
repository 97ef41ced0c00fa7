import { ClaustrumError } from "../system/claustrum_error.ts";
import { socketPathProblem } from "../system/paths.ts";

/**
 * Refuses a path that no socket can have.
 *
 * @throws {ClaustrumError} If it is too long.
 */
export function checkSocketPath(socket: string): void {
  const problem = socketPathProblem(socket);
  if (problem !== undefined) throw new ClaustrumError(problem);
}
