import type { JSX, RefObject } from "preact";
import { type Signal, useSignal } from "@preact/signals";
import { useId, useMemo } from "preact/hooks";
import type { AgentCommand, Session } from "../../../sessions/types.ts";
import type { HubApi } from "../../api/client.ts";
import { type CompletedWord, replaceWord, wordAt } from "../../state/completed_word.ts";
import { useWorld } from "../../state/world.ts";

/** The most choices that are shown. */
const MAX_CHOICES = 8;

/** A text that completes what is typed. */
export interface Choice {
  /** What is inserted. */
  readonly text: string;
  /** What it is. */
  readonly about?: string;
}

/** What a field says about its completion. */
export interface CompletionAttributes {
  readonly "aria-autocomplete": "list";
  readonly "aria-controls": string | undefined;
  readonly "aria-activedescendant": string | undefined;
}

/** The completion of the word before the cursor: a command after `/`, a file after `@`. */
export class CompletionState {
  /** What can be chosen. */
  readonly choices: Signal<readonly Choice[]>;
  /** The one that Enter takes. */
  readonly selected: Signal<number>;
  /** The id of the list, for assistive technology. */
  readonly id: string;
  readonly #api: HubApi;
  readonly #session: string;
  readonly #field: RefObject<HTMLTextAreaElement | null>;
  readonly #write: (text: string) => void;
  #word: CompletedWord | undefined;
  #commands: Promise<readonly AgentCommand[]> | undefined;

  constructor(
    options: {
      choices: Signal<readonly Choice[]>;
      selected: Signal<number>;
      id: string;
      api: HubApi;
      session: string;
      field: RefObject<HTMLTextAreaElement | null>;
      write: (text: string) => void;
    },
  ) {
    this.choices = options.choices;
    this.selected = options.selected;
    this.id = options.id;
    this.#api = options.api;
    this.#session = options.session;
    this.#field = options.field;
    this.#write = options.write;
  }

  /** What the field says about the list. */
  get attributes(): CompletionAttributes {
    const isOpen = this.choices.value.length > 0;
    return {
      "aria-autocomplete": "list",
      "aria-controls": isOpen ? this.id : undefined,
      "aria-activedescendant": isOpen ? `${this.id}-${this.selected.value}` : undefined,
    };
  }

  /** Looks at what is before the cursor. */
  look(): void {
    const field = this.#field.current;
    const word = field === null ? undefined : wordAt(field.value, field.selectionStart);
    this.#word = word;
    if (word === undefined) return this.close();
    void this.#find(word);
  }

  /** Hides the list. */
  close(): void {
    this.#word = undefined;
    if (this.choices.value.length > 0) this.choices.value = [];
  }

  /** Takes a key; returns whether it meant the list. */
  take(event: KeyboardEvent): boolean {
    const { length } = this.choices.value;
    if (length === 0) return false;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) this.selected.value = (this.selected.value + step + length) % length;
    else if (event.key === "Escape") this.close();
    else if (event.key === "Tab" || event.key === "Enter" && !event.shiftKey) this.choose(this.selected.value);
    else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  }

  /** Inserts a choice. */
  choose(index: number): void {
    const [field, word, choice] = [this.#field.current, this.#word, this.choices.value[index]];
    if (field === null || word === undefined || choice === undefined) return;
    const { text, cursor } = replaceWord(field.value, word, choice.text);
    this.#write(text);
    this.close();
    field.value = text;
    field.setSelectionRange(cursor, cursor);
    field.focus();
  }

  async #find(word: CompletedWord): Promise<void> {
    let found: readonly Choice[] = [];
    try {
      found = word.kind === "command" ? await this.#findCommands(word.text) : await this.#findFiles(word.text);
    } catch {
      // Who is typing needs no completion that badly; the connection bar says when the hub is away.
    }
    if (word !== this.#word) return;
    this.choices.value = found;
    this.selected.value = 0;
  }

  async #findCommands(text: string): Promise<readonly Choice[]> {
    this.#commands ??= this.#api.call("session.commands", { session_name: this.#session });
    const commands = await this.#commands;
    const fitting = commands.filter(({ name }) => name.toLowerCase().includes(text.toLowerCase()));
    const rank = ({ name }: AgentCommand) => name.toLowerCase().startsWith(text.toLowerCase()) ? 0 : 1;
    return fitting.sort((a, b) => rank(a) - rank(b)).slice(0, MAX_CHOICES).map(({ name, description }) => ({
      text: `/${name}`,
      ...(description === undefined ? {} : { about: description }),
    }));
  }

  async #findFiles(query: string): Promise<readonly Choice[]> {
    const files = await this.#api.call("session.files", { session_name: this.#session, query, limit: MAX_CHOICES });
    return files.map((path) => ({ text: `@${path}` }));
  }
}

/** Makes the completion of a field. */
export function useCompletion(
  session: Session,
  field: RefObject<HTMLTextAreaElement | null>,
  write: (text: string) => void,
): CompletionState {
  const { api } = useWorld();
  const [choices, selected, id] = [useSignal<readonly Choice[]>([]), useSignal(0), useId()];
  return useMemo(
    () => new CompletionState({ choices, selected, id, api, session: session.id, field, write }),
    [session.id],
  );
}

/** The list of what can be chosen. */
export function Completion({ completion }: { completion: CompletionState }): JSX.Element | null {
  const { choices, selected, id } = completion;
  if (choices.value.length === 0) return null;
  return (
    <ul class="completion" role="listbox" id={id} aria-label="Completions">
      {choices.value.map(({ text, about }, i) => (
        <li
          key={text}
          id={`${id}-${i}`}
          role="option"
          aria-selected={i === selected.value}
          // The field must not lose the focus.
          onPointerDown={(event) => {
            event.preventDefault();
            completion.choose(i);
          }}
        >
          <span class="mono">{text}</span>
          {about === undefined ? null : <span class="muted small cut">{about}</span>}
        </li>
      ))}
    </ul>
  );
}
