import type { PermissionPolicy } from "../sessions/types.ts";
import { notOneOf } from "./usage_error.ts";

const POLICIES: readonly PermissionPolicy[] = ["ask", "allow", "deny"];

/**
 * Reads a policy from the command line.
 *
 * @throws {UsageError} If there is no such policy.
 */
export function parsePolicy(text: string): PermissionPolicy {
  const policy = POLICIES.find((each) => each === text);
  if (policy === undefined) throw notOneOf("the policy", POLICIES, text);
  return policy;
}
