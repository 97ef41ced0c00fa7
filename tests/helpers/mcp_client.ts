import { Client } from "@modelcontextprotocol/sdk/client";
// The package names no types for its modules that end with .js.
// @ts-types="@modelcontextprotocol/sdk/client/stdio"
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { CLI, plainEnvironment } from "./daemon.ts";
import type { Json } from "./session_home.ts";
import { soon } from "./wait.ts";

/** What a tool returned. */
export interface ToolAnswer {
  readonly isError: boolean;
  /** The texts, in order. */
  readonly texts: readonly string[];
  readonly structured: Json;
}

/** A client of the official SDK, with `claustrum mcp` as its server. */
export interface McpClient extends AsyncDisposable {
  readonly sdk: Client;
  /** The names of the tools. */
  tools(): Promise<string[]>;
  /** Calls a tool. */
  call(name: string, args?: Record<string, unknown>, signal?: AbortSignal): Promise<ToolAnswer>;
  /** Calls a tool that must succeed and return JSON; returns that. */
  json(name: string, args?: Record<string, unknown>): Promise<Json>;
  /** What the server wrote to stderr so far. */
  stderr(): string;
}

/**
 * Starts `claustrum mcp` and connects to it.
 *
 * @param permissions The permission flags of the server.
 */
export async function mcpClient(
  home: string,
  flags: readonly string[] = [],
  permissions: readonly string[] = ["-A"],
): Promise<McpClient> {
  const transport = new StdioClientTransport({
    command: Deno.execPath(),
    args: ["run", "--quiet", "--no-prompt", ...permissions, CLI, "mcp", ...flags],
    env: plainEnvironment(home),
    stderr: "pipe",
  });
  let stderr = "";
  transport.stderr?.on("data", (data) => void (stderr += data));
  const sdk = new Client({ name: "test", version: "1" });
  await sdk.connect(transport);
  const call: McpClient["call"] = async (name, args = {}, signal) => {
    const { isError, content, structuredContent } = await sdk.callTool(
      { name, arguments: args },
      undefined,
      signal === undefined ? {} : { signal },
    );
    const texts = (content as { type: string; text: string }[]).map(({ text }) => text);
    return { isError: isError === true, texts, structured: structuredContent };
  };
  return {
    sdk,
    call,
    tools: async () => (await sdk.listTools()).tools.map(({ name }) => name),
    async json(name, args) {
      const { isError, texts } = await call(name, args);
      if (isError) throw new Error(`${name}: ${texts[0]}`);
      return JSON.parse(texts[0]!);
    },
    stderr: () => stderr,
    async [Symbol.asyncDispose]() {
      await end(transport);
      await sdk.close();
    },
  };
}

/** Ends the server by the end of its stdin. The transport would do the same, and leave a timer behind. */
async function end(transport: StdioClientTransport): Promise<void> {
  const child: ChildProcess | undefined = Reflect.get(transport, "_process");
  if (child === undefined) return;
  const closed = once(child, "close");
  child.stdin?.end();
  await soon("the end of the server", closed);
}
