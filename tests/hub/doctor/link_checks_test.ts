import { assertEquals } from "@std/assert";
import { checkLinks } from "../../../lib/hub/doctor/link_checks.ts";
import type { HubLink } from "../../../lib/hub/operation_types.ts";
import { tempDir } from "../../helpers/temp.ts";

const URL = "wss://hub.example.org/ws/daemon";
const SINCE = "2026-11-21T00:00:00.000Z";

for (
  const [state, status, message] of [
    [{ status: "up" }, "ok", `up since ${SINCE}`],
    [{ status: "offline", reason: "no route" }, "warning", `offline since ${SINCE}: no route`],
    [{ status: "refused", reason: "wrong key" }, "error", `refused since ${SINCE}: wrong key`],
    [undefined, "ok", "its key is readable by you only"],
  ] as const
) {
  Deno.test(`checkLinks() finds ${status} with a link that is ${state?.status ?? "not dialed"}`, async () => {
    await using dir = await tempDir();
    const keyFile = `${dir.path}/key`;
    await Deno.writeTextFile(keyFile, "key", { mode: 0o600 });
    const statuses: HubLink[] | undefined = state && [{ url: URL, since: SINCE, ...state }];
    const [found] = await checkLinks([{ url: URL, keyFile, caFile: undefined }], statuses);
    assertEquals([found?.name, found?.status, found?.message], ["link hub.example.org", status, message]);
  });
}

Deno.test("checkLinks() tells which file is missing, or readable by others", async () => {
  await using dir = await tempDir();
  const keyFile = `${dir.path}/key`;
  const find = async (caFile?: string) => (await checkLinks([{ url: URL, keyFile, caFile }], undefined))[0]?.message;
  assertEquals(await find(), `key_file ${keyFile} is not there`);
  await Deno.writeTextFile(keyFile, "key", { mode: 0o644 });
  assertEquals(await find(), `other users can read ${keyFile}`);
  await Deno.chmod(keyFile, 0o600);
  assertEquals(await find(`${dir.path}/ca.pem`), `ca_file ${dir.path}/ca.pem is not there`);
});
