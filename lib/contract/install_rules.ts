/**
 * What the generations of the contract say differently about the installation of a CLI, as data (contract:
 * Generations).
 *
 * @module
 */

/** The rules of a generation about the installation of a CLI. */
export interface InstallRules {
  /** The directory of all versions, below the home directory, if none is named; `""` if one must be named. */
  readonly defaultDir: string;
  /** When the directory of all versions is made. */
  readonly makesDir: "before the source" | "before the staging";
  /** A file beside the directory that is removed together with a file in the place of the directory; `""` for none. */
  readonly formerFile: string;
  /** When a new CLI is run for the first time. */
  readonly probes: "staged" | "installed";
  /** How long a CLI may take to answer right after it was installed, in milliseconds; 0 for the time of any other run. */
  readonly firstProbeMs: number;
  /** Whether a CLI that starts but does not answer is reported and stays. */
  readonly keepsUnresponsive: boolean;
  /** The ages from which leftovers are removed, in milliseconds, by the ends of their names. */
  readonly sweeps: {
    /** Files and directories that start with `.fetch-`. */
    readonly staged: number;
    /** `*.zst`. */
    readonly blobs: number;
    /** `*.zst.part`; they are versions if this is absent. */
    readonly parts?: number;
  };
  /** Whether versions may be named like leftovers. */
  readonly allowsSweptNames: boolean;
  /** Whether the case of a checksum matters. */
  readonly checksumCase: "ignored" | "kept";
  /** Whether a download that ends early tells how far it got, or that the server never began its answer. */
  readonly tellsInterruption: boolean;
  /** What decides which C library the system has. */
  readonly libc: "loader first" | "ldd first";
  /** Whether the CLI runs through the launcher that the administrator prescribes. */
  readonly usesLauncher: boolean;
}

/** The age from which a leftover is not that of a running install, in milliseconds. */
const LEFTOVER_MS = 10 * 60_000;
/** The age from which a download is not continued, in milliseconds. */
const PART_MS = 7 * 24 * 60 * 60_000;

/** The rules of the seed. */
export const SEED_INSTALL: InstallRules = {
  defaultDir: "",
  makesDir: "before the staging",
  formerFile: "",
  probes: "staged",
  firstProbeMs: 0,
  keepsUnresponsive: false,
  sweeps: { staged: LEFTOVER_MS, blobs: LEFTOVER_MS },
  allowsSweptNames: false,
  checksumCase: "ignored",
  tellsInterruption: false,
  libc: "loader first",
  usesLauncher: false,
};

/** The rules of the newest generation. */
export const NEXT_INSTALL: InstallRules = {
  defaultDir: ".claude/remote/ccd-cli",
  makesDir: "before the source",
  formerFile: "ccd-cli-version",
  probes: "installed",
  firstProbeMs: 120_000,
  keepsUnresponsive: true,
  sweeps: { staged: LEFTOVER_MS, blobs: LEFTOVER_MS, parts: PART_MS },
  allowsSweptNames: true,
  checksumCase: "kept",
  tellsInterruption: true,
  libc: "ldd first",
  usesLauncher: true,
};
