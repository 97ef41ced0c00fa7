import { transcriptDirectory } from "../../../lib/claude_home/transcript.ts";
import { GIT_ENVIRONMENT } from "../../helpers/repository.ts";
import { answerLine, lines, promptLine } from "../../projects/transcripts.ts";
import type { WebHome } from "./web_home.ts";

/** What a project has. */
export interface ProjectOptions {
  /** Its files, by path. */
  readonly files?: Readonly<Record<string, string>>;
  /** Files that are changed after the first commit; without a repository, nobody sees the difference. */
  readonly changes?: Readonly<Record<string, string>>;
  /** Whether it is a git repository. @default {false} */
  readonly isRepository?: boolean;
  /** Whether the user trusts it. @default {true} */
  readonly isTrusted?: boolean;
}

/** Makes a project, which is removed at the end of its scope; returns its path. */
export async function makeProject(
  home: WebHome,
  name: string,
  { files = { "README.md": "# A project\n" }, changes = {}, isRepository = false, isTrusted = true }: ProjectOptions =
    {},
): Promise<{ readonly name: string; readonly path: string } & AsyncDisposable> {
  const path = await Deno.realPath(home.projects) + `/${name}`;
  await Deno.mkdir(path);
  await writeFiles(path, files);
  if (isRepository) {
    await git(path, "init", "--quiet", "--initial-branch=main");
    await git(path, "add", "--all");
    await git(path, "commit", "--quiet", "--message=First");
  }
  await writeFiles(path, changes);
  if (isTrusted) await home.call("project.trust", { project_name: name });
  return { name, path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

/** Runs git in a directory. */
export async function git(path: string, ...args: readonly string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command("git", { args: ["-C", path, ...args], env: GIT_ENVIRONMENT })
    .output();
  if (!success) throw new Error(`git ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
}

/** Writes files below a directory. */
export async function writeFiles(path: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await Deno.mkdir(`${path}/${name}`.replace(/\/[^/]*$/, ""), { recursive: true });
    await Deno.writeTextFile(`${path}/${name}`, text);
  }
}

/**
 * Writes the transcript of a conversation that was held without the hub.
 *
 * @param turns How many prompts and answers it has, one a minute.
 */
export async function writeTranscript(
  home: Pick<WebHome, "path">,
  project: string,
  { id, prompt, turns = 1, day = "2026-11-20", model = "claude-sonnet-4-5-20250929" }: {
    readonly id: string;
    readonly prompt: string;
    readonly turns?: number;
    readonly day?: string;
    readonly model?: string;
  },
): Promise<void> {
  const directory = transcriptDirectory(home.path, project);
  await Deno.mkdir(directory, { recursive: true });
  const all = Array.from({ length: turns }, (_, i) => {
    const at = `${day}T${String(Math.floor(i / 60)).padStart(2, "0")}:${String(i % 60).padStart(2, "0")}:00.000Z`;
    const text = i === 0 ? prompt : `${prompt} (${i + 1})`;
    const about = { session: id, at, fields: { cwd: project } };
    const usage = { input: 1_200, output: 3_400, read: 56_000, write: 7_800 };
    return [
      promptLine(text, about),
      answerLine(`${id}-${i}`, usage, { ...about, model, text: `Answer **${i + 1}**.` }),
    ];
  });
  await Deno.writeTextFile(`${directory}/${id}.jsonl`, lines(...all.flat()));
}
