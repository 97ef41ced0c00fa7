/**
 * All operations of the hub.
 *
 * @module
 */

import type { AnyOperation } from "./operation.ts";
import type { OperationName } from "./operation_types.ts";
import { accessOperations } from "./operations/access_operations.ts";
import { cloneOperations } from "./operations/clone_operations.ts";
import { eventOperations } from "./operations/event_operations.ts";
import { historyOperations } from "./operations/history_operations.ts";
import { hostOperations } from "./operations/host_operations.ts";
import { hubOperations } from "./operations/hub_operations.ts";
import { permissionOperations } from "./operations/permission_operations.ts";
import { projectOperations } from "./operations/project_operations.ts";
import { promptOperations } from "./operations/prompt_operations.ts";
import { pushOperations } from "./operations/push_operations.ts";
import { remoteOperations } from "./operations/remote_operations.ts";
import { sessionOperations } from "./operations/session_operations.ts";

const ALL = [
  ...sessionOperations,
  ...projectOperations,
  ...cloneOperations,
  ...historyOperations,
  ...promptOperations,
  ...eventOperations,
  ...permissionOperations,
  ...accessOperations,
  ...pushOperations,
  ...remoteOperations,
  ...hostOperations,
  ...hubOperations,
];

/** All operations. */
export const OPERATIONS: readonly AnyOperation[] = ALL;

/** Names the operations that have a type and no definition, if there are any. */
type Missing = Exclude<OperationName, typeof ALL[number]["name"]>;
const _isComplete: [Missing] extends [never] ? true : Missing = true;
