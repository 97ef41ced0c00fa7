import { assertEquals } from "@std/assert";
import {
  createDispatcher,
  NO_REPLY,
  paramsMethod,
  plainMethod,
  type Reply,
  tokenChecker,
} from "../../lib/rpc/dispatch.ts";
import { RpcError } from "../../lib/rpc/errors.ts";

function dispatcher(panics: unknown[] = []) {
  return createDispatcher<null>({
    methods: [
      plainMethod("t.throw", () => {
        throw new Error("a <bug>");
      }),
      plainMethod("t.reject", () => Promise.reject("not an error")),
      plainMethod("t.refuse", () => Promise.reject(new RpcError(-32603, "exit status 128"))),
      plainMethod("t.silent", () => NO_REPLY),
      paramsMethod("t.type", { id: "string" } as const, () => {
        throw new TypeError("in the method itself");
      }),
    ],
    namespaces: ["t"],
    isAuthorized: tokenChecker("s"),
    onPanic: (_envelope, error) => void panics.push(error),
  });
}

function call(method: string, dispatch = dispatcher()): Reply | undefined | Promise<Reply | undefined> {
  return dispatch(`{"jsonrpc":"2.0","id":1,"method":"${method}","params":{},"auth":"s"}`, true, null);
}

const failure = (message: string) => `{"jsonrpc":"2.0","id":1,"error":{"code":-32603,"message":"${message}"}}\n`;

Deno.test("createDispatcher() replies and calls onPanic when a method throws something other than an RpcError", async () => {
  const panics: unknown[] = [];
  const dispatch = dispatcher(panics);
  assertEquals(await call("t.throw", dispatch), failure("recovered panic: a \\u003cbug\\u003e"));
  assertEquals(await call("t.reject", dispatch), failure("recovered panic: not an error"));
  assertEquals(await call("t.type", dispatch), failure("recovered panic: in the method itself"));
  assertEquals(panics.length, 3);
  assertEquals(await call("t.refuse", dispatch), failure("exit status 128"));
  assertEquals(panics.length, 3);
});

Deno.test("createDispatcher() sends no reply when a method returns NO_REPLY", () => {
  assertEquals(call("t.silent"), undefined);
});

Deno.test("tokenChecker() accepts exactly the token, and nothing when the token is empty", () => {
  const check = tokenChecker("tökén");
  assertEquals(["tökén", "token", "tökén ", "tökn", "", "tökénx"].map(check), [
    true,
    false,
    false,
    false,
    false,
    false,
  ]);
  assertEquals(tokenChecker("")(""), false);
});
