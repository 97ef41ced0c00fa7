/**
 * Checks of the hubs that this one dials.
 *
 * @module
 */

import { shellQuote } from "../../system/quote.ts";
import { statIfThere } from "../../system/try_stat.ts";
import { type LinkConfig, linkName } from "../links/link_config.ts";
import type { DoctorCheck, HubLink } from "../operation_types.ts";
import { failure, ok, warning } from "./finding.ts";

/**
 * Checks the files of each link, and tells how it goes.
 *
 * @param statuses How it goes; `undefined` if no hub runs.
 */
export function checkLinks(
  links: readonly LinkConfig[],
  statuses: readonly HubLink[] | undefined,
): Promise<DoctorCheck[]> {
  return Promise.all(links.map(async (link) => {
    const name = linkName(link);
    return await fileProblem(link) ?? statusOf(name, statuses?.find(({ url }) => url === link.url));
  }));
}

function statusOf(name: string, status: HubLink | undefined): DoctorCheck {
  const check = `link ${name}`;
  if (status === undefined) return ok(check, "its key is readable by you only");
  if (status.status === "up") return ok(check, `up since ${status.since}`);
  const text = `${status.status} since ${status.since}${status.reason === undefined ? "" : `: ${status.reason}`}`;
  if (status.status !== "refused") return warning(check, text);
  return failure(check, text, `mend it there, or in hub.toml and its key_file; it is tried again every minute`);
}

async function fileProblem({ keyFile, caFile, ...link }: LinkConfig): Promise<DoctorCheck | undefined> {
  const check = `link ${linkName(link)}`;
  const advice = "write the key there: claustrum host key create NAME prints one on the hub at the other end";
  const info = await statIfThere(keyFile);
  if (!info?.isFile) return failure(check, `key_file ${keyFile} is not there`, advice);
  if (((info.mode ?? 0) & 0o077) !== 0) {
    return failure(check, `other users can read ${keyFile}`, `run chmod 600 ${shellQuote(keyFile)}`);
  }
  if (caFile !== undefined && !(await statIfThere(caFile))?.isFile) {
    return failure(check, `ca_file ${caFile} is not there`, "change links in hub.toml");
  }
  return undefined;
}
