import type { JSX } from "preact";
import { type Signal, useSignal } from "@preact/signals";
import { type AddedLine, addHostParams, hostNameOf, hostNameProblem, newSuggestions } from "../../state/host_form.ts";
import { useWorld } from "../../state/world.ts";
import { Dialog, Field } from "../controls.tsx";
import { useSubmission } from "../session/session_dialogs.tsx";
import { sentence } from "../text.ts";
import { useLoaded } from "../use_loaded.ts";
import { HostKey, type MadeKey } from "./host_key.tsx";

/** How many names of the ssh configuration are offered as buttons. */
const MAX_BUTTONS = 12;

/** The ways to a host that somebody can add. */
const LINES: readonly { readonly line: AddedLine; readonly title: string; readonly text: string }[] = [
  { line: "ssh", title: "Over ssh", text: "This hub connects to it." },
  { line: "link", title: "It dials this hub", text: "For machines that ssh does not reach." },
];

/** The dialog that adds a host. */
export function AddHost({ address, onClose }: { address: string; onClose: () => void }): JSX.Element {
  const line = useSignal<AddedLine>("ssh");
  const made = useSignal<MadeKey | undefined>(undefined);
  if (made.value !== undefined) {
    return (
      <Dialog title={`The key of ${made.value.name}`} onClose={onClose}>
        <HostKey made={made.value} onDone={onClose} />
      </Dialog>
    );
  }
  return (
    <Dialog title="Add a host" onClose={onClose}>
      <LineChoice line={line} />
      {line.value === "ssh"
        ? <SshForm address={address} onClose={onClose} />
        : <LinkForm onMade={(key) => made.value = key} onClose={onClose} />}
    </Dialog>
  );
}

function LineChoice({ line }: { line: Signal<AddedLine> }): JSX.Element {
  return (
    <fieldset class="line-choice">
      <legend class="hidden-text">How it is reached</legend>
      {LINES.map(({ line: each, title, text }) => (
        <label key={each} class="line-option">
          <input
            type="radio"
            name="line"
            aria-label={title}
            checked={line.value === each}
            onChange={() => line.value = each}
          />
          <span>
            <strong>{title}</strong>
            <span class="muted small">{text}</span>
          </span>
        </label>
      ))}
    </fieldset>
  );
}

function SshForm({ address: first, onClose }: { address: string; onClose: () => void }): JSX.Element {
  const { api, hosts } = useWorld();
  const address = useSignal(first);
  const name = useSignal("");
  const known = hosts.list.value.value ?? [];
  const suggested = newSuggestions(useLoaded(() => api.call("hosts.suggestions", {})).value ?? [], known);
  const params = addHostParams(address.value, name.value);
  const problem = hostNameProblem(params?.name ?? name.value.trim(), known);
  const adding = useSubmission(async () => {
    if (params !== undefined) hosts.put(await api.call("hosts.add", params));
  }, onClose);
  return (
    <form class="form" onSubmit={adding.submit}>
      <Field
        label="Address"
        hint="A name of your ssh configuration, or user@machine:port. Your own ssh makes the connection."
      >
        <input
          class="mono"
          required
          autofocus
          list="ssh-names"
          placeholder="me@box.example.org"
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
          value={address.value}
          onInput={({ currentTarget }) => address.value = currentTarget.value}
        />
        <datalist id="ssh-names">
          {suggested.map((each) => <option key={each} value={each} />)}
        </datalist>
      </Field>
      {suggested.length === 0
        ? null
        : (
          <div class="host-suggestions" role="group" aria-label="From your ssh configuration">
            {suggested.slice(0, MAX_BUTTONS).map((each) => (
              <button
                key={each}
                type="button"
                class="filter-chip"
                aria-pressed={address.value === each}
                onClick={() => address.value = each}
              >
                {each}
              </button>
            ))}
          </div>
        )}
      <NameField
        name={name}
        problem={problem}
        placeholder={hostNameOf(address.value)}
        isRequired={address.value.trim() !== "" && hostNameOf(address.value) === ""}
      />
      <Ending
        action="Add"
        problem={adding.problem}
        isBusy={adding.isBusy}
        canGo={params !== undefined && problem === undefined}
        onClose={onClose}
      />
    </form>
  );
}

/** Names a machine that dials this hub, and makes its key. */
function LinkForm({ onMade, onClose }: { onMade: (made: MadeKey) => void; onClose: () => void }): JSX.Element {
  const { api, hosts } = useWorld();
  const name = useSignal("");
  const wanted = name.value.trim();
  const problem = hostNameProblem(wanted, hosts.list.value.value ?? []);
  const making = useSubmission(async () => {
    const made = await api.call("hosts.create_key", { host_name: wanted });
    await hosts.reload(made.name);
    onMade(made);
  }, () => {});
  return (
    <form class="form" onSubmit={making.submit}>
      <p class="small">
        It gets a key of its own, which is shown once. With it, that machine connects to this hub by itself and stays
        connected: nothing has to be opened there.
      </p>
      <NameField name={name} problem={problem} placeholder="laptop" isRequired isFirst />
      <Ending
        action="Make a key"
        problem={making.problem}
        isBusy={making.isBusy}
        canGo={wanted !== "" && problem === undefined}
        onClose={onClose}
      />
      <p class="muted small">Hubs that share a NATS server appear here by themselves: they need not be added.</p>
    </form>
  );
}

function NameField({ name, problem, placeholder, isRequired, isFirst = false }: {
  name: Signal<string>;
  problem: string | undefined;
  placeholder: string;
  isRequired: boolean;
  isFirst?: boolean;
}): JSX.Element {
  return (
    <Field label="Name" hint={problem ?? "What it is called here"}>
      <input
        maxLength={64}
        required={isRequired}
        autofocus={isFirst}
        placeholder={placeholder}
        autocomplete="off"
        autocapitalize="off"
        spellcheck={false}
        aria-invalid={problem === undefined ? undefined : true}
        value={name.value}
        onInput={({ currentTarget }) => name.value = currentTarget.value}
      />
    </Field>
  );
}

function Ending({ action, problem, isBusy, canGo, onClose }: {
  action: string;
  problem: string | undefined;
  isBusy: boolean;
  canGo: boolean;
  onClose: () => void;
}): JSX.Element {
  return (
    <>
      {problem === undefined ? null : <p class="problem" role="alert">{sentence(problem)}</p>}
      <div class="buttons end">
        <button type="button" class="button" onClick={onClose}>Cancel</button>
        <button
          type="submit"
          class="button primary"
          aria-busy={isBusy || undefined}
          disabled={isBusy || !canGo}
        >
          {action}
        </button>
      </div>
    </>
  );
}
