import { resolveSettings } from "../../config/config_file.ts";
import { type Settings, settingsAmong } from "../../config/settings.ts";
import {
  install,
  type InstallFacts,
  type InstallOptions,
  type InstallProgress,
  type InstallSource,
} from "../../install/mod.ts";
import { encodeJson } from "../../rpc/json_encode.ts";
import { versionId } from "../../version.ts";
import { defineCommand, settingFlag } from "../command.ts";
import { abortOnTermination } from "../termination_signal.ts";
import { formatBytes, formatDownload, formatSeconds, type StatusLine, stderrStatusLine } from "../progress_bar.ts";
import { print, printMessage, tryPrint } from "../print.ts";

/** The interval between updates of the progress bar, in milliseconds. */
const BAR_MS = 100;

/** The flags of `install` that both spellings share. */
interface InstallFlags {
  readonly "cli-dir"?: string | undefined;
  readonly "cli-version"?: string | undefined;
  readonly "cli-url"?: string | undefined;
  readonly "cli-checksum"?: string | undefined;
  readonly "cli-zst"?: string | undefined;
  readonly "cli-keep"?: number | undefined;
}

/** Runs `claustrum -install`, which prints its result in one line even on failure. */
export async function installClassic(flags: InstallFlags, settings: Partial<Settings>): Promise<number> {
  using termination = abortOnTermination();
  const facts = await installUnlessTerminated(termination.signal, {
    ...await installOptions(flags, settings),
    onProgress: (progress) => {
      if (progress.phase === "download") tryPrint(`__INSTALL_PROGRESS__${encodeJson(progress)}`);
    },
  });
  if (facts === undefined) return termination.exitCode;
  print(`__INSTALL_RESULT__${encodeJson(facts)}`);
  return 0;
}

export default defineCommand({
  usage: "install --cli-dir DIR --cli-version V [--cli-url URL --cli-checksum SHA256 | --cli-zst FILE]",
  about: `Ensures that version V is installed at DIR/V and runs. If it does not, the command
downloads it or reads it from a file, verifies its checksum, decompresses it, checks
that it runs, and removes the oldest versions.`,
  flags: {
    "cli-dir": { kind: "string", value: "DIR", help: "the directory that holds the versions" },
    "cli-version": { kind: "string", value: "V", help: "the version, which is also the name of the file in DIR" },
    "cli-url": { kind: "string", value: "URL", help: "the URL of the CLI, compressed with zstd" },
    "cli-checksum": {
      kind: "string",
      value: "SHA256",
      help: "the sha256 of the compressed CLI; required with --cli-url",
    },
    "cli-zst": { kind: "string", value: "FILE", help: "the compressed CLI; removed after decompression" },
    "cli-keep": { kind: "integer", value: "N", help: "the number of versions to keep, 0 for all (default 3)" },
    "json": { kind: "boolean", help: "print the result as JSON" },
    "contract": settingFlag("contract"),
    "max-cli-bytes": settingFlag("max-cli-bytes"),
    "cli-download-timeout": settingFlag("cli-download-timeout"),
    "cli-probe-timeout": settingFlag("cli-probe-timeout"),
    "libc-probe-timeout": settingFlag("libc-probe-timeout"),
  },
  exitCodes: "0 installed, 1 not installed, 2 wrong arguments, 128 plus the number of the signal that ended it",
  examples: [
    "claustrum install --cli-dir ~/cli --cli-version 2.1.0 --cli-zst claude.zst",
    "claustrum install --cli-dir ~/cli --cli-version 2.1.0 --cli-url https://host/c.zst --cli-checksum 9f86d0…",
  ],
  async run({ flags }) {
    const { json } = flags;
    using termination = abortOnTermination();
    using statusLine = json || !Deno.stderr.isTerminal() ? undefined : stderrStatusLine();
    const facts = await installUnlessTerminated(termination.signal, {
      ...await installOptions(flags, settingsAmong(flags)),
      ...(json ? {} : { onProgress: statusLine === undefined ? logProgress() : drawProgress(statusLine) }),
      ...(statusLine === undefined ? {} : { progressMs: BAR_MS }),
    });
    statusLine?.clear();
    if (facts === undefined) return termination.exitCode;
    if (json) print(encodeJson(facts));
    else if (facts.cliError === undefined) print(successText(facts));
    else printMessage(facts.cliError);
    return facts.cliError === undefined ? 0 : 1;
  },
});

async function installOptions(flags: InstallFlags, settings: Partial<Settings>): Promise<InstallOptions> {
  const all = await resolveSettings(settings, printMessage);
  const source = sourceOf(flags);
  const keep = flags["cli-keep"];
  return {
    cliDir: flags["cli-dir"] ?? "",
    cliVersion: flags["cli-version"] ?? "",
    ...(source === undefined ? {} : { source }),
    ...(keep === undefined ? {} : { keep }),
    contract: all.contract,
    serverVersion: all["version-override"] || versionId(),
    maxBytes: all["max-cli-bytes"],
    downloadTimeoutMs: all["cli-download-timeout"],
    probeTimeoutMs: all["cli-probe-timeout"],
    libcTimeoutMs: all["libc-probe-timeout"],
  };
}

function sourceOf(
  { "cli-zst": zst = "", "cli-url": url = "", "cli-checksum": sha256 = "" }: InstallFlags,
): InstallSource | undefined {
  if (zst !== "") return sha256 === "" ? { zst } : { zst, sha256 };
  return url === "" ? undefined : { url, sha256 };
}

async function installUnlessTerminated(
  signal: AbortSignal,
  options: InstallOptions,
): Promise<InstallFacts | undefined> {
  try {
    return await install({ ...options, signal });
  } catch (error) {
    if (signal.aborted) return undefined;
    throw error;
  }
}

const PHASES = { verify: "verifying", decompress: "decompressing", probe: "testing" } as const;

function drawProgress(line: StatusLine): (progress: InstallProgress) => void {
  const start = performance.now();
  return (progress) => {
    if (progress.phase !== "download") return line.show(PHASES[progress.phase]);
    line.show(formatDownload(progress.bytes, progress.total, performance.now() - start, line.columns));
  };
}

function logProgress(): (progress: InstallProgress) => void {
  let isDownloading = false;
  return (progress) => {
    if (progress.phase !== "download") return tryPrint(PHASES[progress.phase]);
    if (!isDownloading) tryPrint("downloading");
    isDownloading = true;
  };
}

function successText({ cliPath, cliWasPresent, fetch }: InstallFacts): string {
  if (cliWasPresent) return `${cliPath} is already installed`;
  if (fetch === undefined) return `installed ${cliPath}`;
  return `installed ${cliPath}: ${formatBytes(fetch.bytes)} in ${formatSeconds(fetch.ms / 1000)}`;
}
