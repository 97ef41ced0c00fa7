import { assertEquals } from "@std/assert";
import { parseListen } from "../../../lib/hub/access/addresses.ts";
import { listenProblem } from "../../../lib/hub/access/listen_guard.ts";
import type { AuthConfig } from "../../../lib/hub/hub_config.ts";

const AUTH: AuthConfig = {
  passwordHash: undefined,
  proxy: undefined,
  isDisabled: false,
  allowsUnauthenticatedNetwork: false,
  allowedHosts: [],
};
const PROXY = { trustedIps: [], userHeader: "x-user", signatureHeader: "x-signature", secret: "sixteen letters!" };

/** Returns what keeps a hub from listening. */
function problemOf(listen: string, auth: Partial<AuthConfig> = {}): string | undefined {
  const parsed = parseListen(listen);
  return listenProblem({
    web: {
      listen: "address" in parsed ? parsed.address : undefined,
      isListenConfigured: true,
      basePath: "",
      tls: undefined,
    },
    auth: { ...AUTH, ...auth },
  });
}

for (
  const [listen, auth] of [
    ["", {}],
    ["", { isDisabled: true }],
    ["127.0.0.1:7621", {}],
    ["127.0.0.2:7621", { isDisabled: true }],
    ["[::1]:7621", { isDisabled: true }],
    ["0.0.0.0:7621", { passwordHash: "$argon2id$" }],
    ["[::]:7621", { proxy: PROXY }],
    ["10.0.0.1:7621", { allowsUnauthenticatedNetwork: true }],
    ["10.0.0.1:7621", { allowsUnauthenticatedNetwork: true, isDisabled: true }],
  ] as const
) {
  Deno.test(`listenProblem() allows to listen on "${listen}" with ${JSON.stringify(auth)}`, () => {
    assertEquals(problemOf(listen, auth), undefined);
  });
}

for (const listen of ["0.0.0.0:7621", "[::]:7621", "10.0.0.1:7621", "[2001:db8::1]:7621"]) {
  Deno.test(`listenProblem() refuses ${listen} without a way to sign in`, () => {
    assertEquals(
      problemOf(listen),
      `cannot listen on ${listen}, which other machines may reach, without a way to sign in: set auth.password_hash ` +
        "(claustrum hub hash-password makes one), auth.proxy, or auth.allow_unauthenticated_network = true; or listen on " +
        "127.0.0.1",
    );
  });
}

for (const auth of [{}, { passwordHash: "$argon2id$" }, { proxy: PROXY }]) {
  Deno.test(`listenProblem() refuses the network without signing in, with ${JSON.stringify(auth)}`, () => {
    assertEquals(
      problemOf("0.0.0.0:7621", { ...auth, isDisabled: true }),
      "cannot listen on 0.0.0.0:7621, which other machines may reach, while auth.disabled = true: remove it, listen on " +
        "127.0.0.1, or set auth.allow_unauthenticated_network = true",
    );
  });
}
