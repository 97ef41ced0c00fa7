import type { JSX } from "preact";
import { useSignal } from "@preact/signals";
import { addHostParams, hostNameOf, hostNameProblem, newSuggestions } from "../../state/host_form.ts";
import { useWorld } from "../../state/world.ts";
import { Dialog, Field } from "../controls.tsx";
import { useSubmission } from "../session/session_dialogs.tsx";
import { sentence } from "../text.ts";
import { useLoaded } from "../use_loaded.ts";

/** How many names of the ssh configuration are offered as buttons. */
const MAX_BUTTONS = 12;

/** The dialog that adds a host. */
export function AddHost({ address, onClose }: { address: string; onClose: () => void }): JSX.Element {
  return (
    <Dialog title="Add a host" onClose={onClose}>
      <AddHostForm address={address} onClose={onClose} />
    </Dialog>
  );
}

function AddHostForm({ address: first, onClose }: { address: string; onClose: () => void }): JSX.Element {
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
      <Field label="Name" hint={problem ?? "What it is called here"}>
        <input
          maxLength={64}
          required={address.value.trim() !== "" && hostNameOf(address.value) === ""}
          placeholder={hostNameOf(address.value)}
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
          aria-invalid={problem === undefined ? undefined : true}
          value={name.value}
          onInput={({ currentTarget }) => name.value = currentTarget.value}
        />
      </Field>
      {adding.problem === undefined ? null : <p class="problem" role="alert">{sentence(adding.problem)}</p>}
      <div class="buttons end">
        <button type="button" class="button" onClick={onClose}>Cancel</button>
        <button
          type="submit"
          class="button primary"
          aria-busy={adding.isBusy || undefined}
          disabled={adding.isBusy || params === undefined || problem !== undefined}
        >
          Add
        </button>
      </div>
    </form>
  );
}
