import { assertEquals, assertRejects } from "@std/assert";
import { readTlsFiles } from "../../../lib/hub/access/tls_files.ts";
import { ServeError } from "../../../lib/system/serve_error.ts";
import { tempDir } from "../../helpers/temp.ts";

const CERT = "-----BEGIN CERTIFICATE-----\r\nAAAA\r\n-----END CERTIFICATE-----\r\n";
const KEY = "-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n";

/** Reads files with these contents; `undefined` for a file that is not there. */
async function read(cert: string | undefined, key: string | undefined) {
  await using dir = await tempDir();
  const [certFile, keyFile] = [`${dir.path}/cert`, `${dir.path}/key`];
  if (cert !== undefined) await Deno.writeTextFile(certFile, cert);
  if (key !== undefined) await Deno.writeTextFile(keyFile, key);
  try {
    return await readTlsFiles({ certFile, keyFile });
  } catch (error) {
    if (!(error instanceof ServeError)) throw error;
    return error.message.replaceAll(dir.path, "DIR");
  }
}

Deno.test("readTlsFiles() returns what the files contain", async () => {
  assertEquals(await read(CERT, KEY), { cert: CERT, key: KEY });
});

Deno.test("readTlsFiles() names the file that is missing", async () => {
  assertEquals(await read(undefined, KEY), "tls.cert_file: cannot read DIR/cert: no such file or directory");
  assertEquals(await read(CERT, undefined), "tls.key_file: cannot read DIR/key: no such file or directory");
});

Deno.test("readTlsFiles() refuses files that contain something else", async () => {
  assertEquals(
    await read(KEY, KEY),
    'tls.cert_file: DIR/cert contains no "-----BEGIN CERTIFICATE-----": it must be in the PEM format',
  );
  assertEquals(
    await read(CERT, CERT),
    'tls.key_file: DIR/key contains no "-----BEGIN PRIVATE KEY-----": it must be in the PEM format',
  );
});

Deno.test("readTlsFiles() refuses a directory", async () => {
  await assertRejects(() => readTlsFiles({ certFile: "/", keyFile: "/" }), ServeError, "cannot read /: is a directory");
});
