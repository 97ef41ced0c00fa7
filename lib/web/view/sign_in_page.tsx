import type { JSX } from "preact";
import { useSignal } from "@preact/signals";
import { HubProblem } from "../api/client.ts";
import { useWorld } from "../state/world.ts";
import { Field } from "./controls.tsx";
import { sentence } from "./text.ts";

/** Where somebody signs in. */
export function SignInPage(): JSX.Element {
  const world = useWorld();
  const way = useSignal(firstWay());
  const secret = useSignal("");
  const problem = useSignal<string | undefined>(undefined);
  const isBusy = useSignal(false);
  const submit = async () => {
    isBusy.value = true;
    problem.value = undefined;
    try {
      await world.signIn(way.value === "token" ? { token: secret.value.trim() } : { password: secret.value });
    } catch (error) {
      if (!(error instanceof HubProblem)) throw error;
      problem.value = error.message;
    } finally {
      isBusy.value = false;
    }
  };
  const isToken = way.value === "token";
  return (
    <main class="sign-in">
      <form
        class="card sign-in-card"
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <h1 class="brand">claustrum</h1>
        <p class="muted">Sign in to see the agents of this machine.</p>
        <Field
          label={isToken ? "Token" : "Password"}
          hint={isToken
            ? (
              <>
                What <code>claustrum hub token</code> prints
              </>
            )
            : "The password of the hub's configuration"}
        >
          <input
            type="password"
            name={way.value}
            required
            autofocus
            autocomplete={isToken ? "off" : "current-password"}
            value={secret.value}
            onInput={({ currentTarget }) => secret.value = currentTarget.value}
          />
        </Field>
        {problem.value === undefined ? null : <p class="problem" role="alert">{sentence(problem.value)}</p>}
        <button type="submit" class="button primary wide" disabled={isBusy.value || secret.value === ""}>
          Sign in
        </button>
        <button
          type="button"
          class="button quiet wide"
          onClick={() => {
            way.value = isToken ? "password" : "token";
            secret.value = "";
            problem.value = undefined;
          }}
        >
          {isToken ? "Use a password" : "Use a token"}
        </button>
        <p class="muted small">
          On the machine itself, <code>claustrum hub open</code> signs you in without either.
        </p>
      </form>
    </main>
  );
}

/** What is offered first: the password if the hub has one, for who is not at its machine has no token at hand. */
function firstWay(): "token" | "password" {
  return document.documentElement.dataset["signIn"] === "password" ? "password" : "token";
}
