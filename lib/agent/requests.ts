/**
 * What an agent is told: lines for its stdin. Each is exactly one line of JSON, because a line that the agent cannot
 * parse ends it.
 *
 * @module
 */

/** The content of a prompt: a text, or blocks as the model's API defines them. */
export type UserContent = string | readonly { readonly type: string; readonly [field: string]: unknown }[];

/** An answer to a permission request. */
export type PermissionDecision =
  | {
    readonly behavior: "allow";
    /** What the tool is called with instead. */
    readonly updatedInput?: unknown;
  }
  | {
    readonly behavior: "deny";
    /** What the model reads. */
    readonly message: string;
    /** Whether the turn ends; the agent then drops the message. */
    readonly interrupt?: boolean | undefined;
  };

/** A prompt. */
export interface UserPrompt {
  /** The UUID of the prompt, under which the agent confirms it and records it in the transcript. */
  readonly uuid: string;
  /** The prompt. */
  readonly content: UserContent;
}

/** The line of a prompt. */
export function userLine({ uuid, content }: UserPrompt): string {
  return line({ type: "user", uuid, message: { role: "user", content } });
}

/** The line that asks the agent to say when it is ready. */
export function initializeLine(requestId: string): string {
  return requestLine(requestId, { subtype: "initialize", hooks: null });
}

/** The line that ends the running turn; it does nothing if there is none. */
export function interruptLine(requestId: string): string {
  return requestLine(requestId, { subtype: "interrupt" });
}

/** The line that changes the permission mode, at once. */
export function setModeLine(requestId: string, mode: string): string {
  return requestLine(requestId, { subtype: "set_permission_mode", mode });
}

/**
 * The line that changes the model.
 *
 * @param model The model; `null` for the default.
 */
export function setModelLine(requestId: string, model: string | null): string {
  return requestLine(requestId, { subtype: "set_model", model });
}

/** The line that answers a permission request of the agent. */
export function permissionLine(requestId: string, decision: PermissionDecision): string {
  return responseLine({ subtype: "success", request_id: requestId, response: decision });
}

/** The line that refuses a request of the agent. */
export function requestErrorLine(requestId: string, error: string): string {
  return responseLine({ subtype: "error", request_id: requestId, error });
}

function requestLine(requestId: string, request: Readonly<Record<string, unknown>>): string {
  return line({ type: "control_request", request_id: requestId, request });
}

function responseLine(response: Readonly<Record<string, unknown>>): string {
  return line({ type: "control_response", response });
}

function line(message: Readonly<Record<string, unknown>>): string {
  return `${JSON.stringify(message)}\n`;
}
