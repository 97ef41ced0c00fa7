/**
 * The records of the processes that a daemon has started, so that the next daemon can end those that a killed one has
 * left behind (contract: Records of children).
 *
 * @module
 */

import { isJsonObject, tryParseJson } from "../../system/json_object.ts";

/** The variable that names the directory of the daemon's socket. */
const DIRECTORY_MARK = "CLAUDE_SSH_RUN_DIR";
/** The variable that names the daemon, as `<pid>:<start ticks>`. */
const DAEMON_MARK = "CLAUDE_SSH_CHILD";

/** The record of a process. The order of the fields is part of the contract. */
export interface ChildRecord {
  /** The id of the process. */
  readonly pid: number;
  /** The name of the machine. */
  readonly node: string;
  /** The id of this run of the machine. */
  readonly host: string;
  /** The id of this run of the daemon. */
  readonly instance: string;
  /** The id of the daemon's process. */
  readonly daemonPid: number;
  /** When the daemon's process started, in clock ticks. */
  readonly daemonStart: string;
  /** The program that was executed. */
  readonly argv0: string;
  /** The program that a launcher runs; absent without one. */
  readonly program?: string;
  /** When the process started, in clock ticks. */
  readonly start: string;
  /** When the record was written, in milliseconds since the epoch. */
  readonly at: number;
}

/** Returns the variables that mark the processes of a daemon. */
export function childMarks(directory: string, daemonPid: number, daemonStart: string): Record<string, string> {
  return { [DIRECTORY_MARK]: directory, [DAEMON_MARK]: `${daemonPid}:${daemonStart}` };
}

/** Returns the name of the file with the record of a process. */
export function recordName(pid: number): string {
  return `${pid}.json`;
}

/** Parses a record, which anybody may have written; `undefined` if it is none of the process that its file names. */
export function parseRecord(name: string, text: string): ChildRecord | undefined {
  const value = tryParseJson(text);
  if (!isRecord(value) || recordName(value.pid) !== name) return undefined;
  return value;
}

const TICKS = /^\d{1,20}$/;

function isRecord(value: unknown): value is ChildRecord {
  if (!isJsonObject(value)) return false;
  const { pid, node, host, instance, daemonPid, daemonStart, argv0, start } = value;
  const areTexts = [node, host, instance, daemonStart, argv0, start].every((text) => typeof text === "string");
  return areTexts && argv0 !== "" && isPid(pid) && isPid(daemonPid) && isTicks(start) && isTicks(daemonStart);
}

/** Whether a value is the id of a process that may be signalled; that of a group's leader is more than 1. */
function isPid(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) > 1;
}

function isTicks(value: unknown): boolean {
  return typeof value === "string" && TICKS.test(value);
}
