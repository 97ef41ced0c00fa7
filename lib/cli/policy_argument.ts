import type { PermissionPolicy } from "../sessions/types.ts";
import { UsageError } from "./usage_error.ts";

const POLICIES: readonly PermissionPolicy[] = ["ask", "allow", "deny"];

/**
 * Reads a policy from the command line.
 *
 * @throws {UsageError} If there is no such policy.
 */
export function parsePolicy(text: string): PermissionPolicy {
  const policy = POLICIES.find((each) => each === text);
  if (policy === undefined) throw new UsageError(`there is no policy "${text}": ${POLICIES.join(", ")}`);
  return policy;
}
