import type { ComponentChildren, JSX } from "preact";
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { onHost, type Route } from "../state/route.ts";
import { useWorld } from "../state/world.ts";
import { Icon, type IconName } from "./icon.tsx";

/** How a button looks: the one that is meant, an ordinary one, a dangerous one, or one without a frame. */
export type ButtonKind = "primary" | "plain" | "danger" | "quiet";

/** A button's properties. */
export interface ButtonProps {
  readonly kind?: ButtonKind;
  readonly icon?: IconName;
  /** Its name, where it shows an icon alone. */
  readonly label?: string;
  /** The id of what says more about it. */
  readonly describedBy?: string | undefined;
  readonly disabled?: boolean;
  readonly type?: "button" | "submit";
  readonly autofocus?: boolean;
  readonly children?: ComponentChildren;
  /** What it does. While a promise is pending it cannot be pressed again; a failure is shown. */
  readonly onClick?: () => void | Promise<unknown>;
}

/** A button. */
export function Button(
  { kind = "plain", icon, label, describedBy, disabled, type = "button", autofocus, children, onClick }: ButtonProps,
): JSX.Element {
  const { toasts } = useWorld();
  const isBusy = useSignal(false);
  const press = async () => {
    if (isBusy.value) return;
    const work = onClick?.();
    if (!(work instanceof Promise)) return;
    isBusy.value = true;
    try {
      await work;
    } catch (error) {
      toasts.failure(error);
    } finally {
      isBusy.value = false;
    }
  };
  return (
    <button
      type={type}
      class={`button ${kind}${children === undefined ? " icon-only" : ""}`}
      aria-label={label}
      title={label}
      aria-describedby={describedBy}
      disabled={disabled}
      aria-busy={isBusy.value || undefined}
      autofocus={autofocus}
      onClick={onClick === undefined ? undefined : () => void press()}
    >
      {icon === undefined ? null : <Icon name={icon} />}
      {children}
    </button>
  );
}

/** A link to a page. It is followed without loading anything. */
export function Link(
  { to, class: className, current, label, isCard, children }: {
    to: Route;
    class?: string;
    current?: boolean;
    label?: string;
    /** Whether the keys that go from card to card stop here. */
    isCard?: boolean;
    children: ComponentChildren;
  },
): JSX.Element {
  const { projects, router } = useWorld();
  const there = onHost(to, projects.host);
  const follow = (event: MouseEvent) => {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    router.go(there);
  };
  return (
    <a
      href={router.href(there)}
      class={className}
      aria-current={current ? "page" : undefined}
      aria-label={label}
      data-card={isCard ? "" : undefined}
      onClick={follow}
    >
      {children}
    </a>
  );
}

/** A dialog above the page. Escape and the close button close it. */
export function Dialog(
  { title, onClose, children, wide }: {
    title: string;
    onClose: () => void;
    children: ComponentChildren;
    wide?: boolean;
  },
): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  return (
    <dialog
      ref={dialog}
      class={wide ? "dialog wide" : "dialog"}
      aria-label={title}
      onClose={onClose}
      onClick={(event) => {
        if (event.target === dialog.current) dialog.current?.close();
      }}
    >
      <div class="dialog-box">
        <header class="dialog-head">
          <h2>{title}</h2>
          <Button kind="quiet" icon="x" label="Close" onClick={() => dialog.current?.close()} />
        </header>
        {children}
      </div>
    </dialog>
  );
}

/** A field with its name above. */
export function Field(
  { label, hint, children }: { label: string; hint?: ComponentChildren; children: ComponentChildren },
): JSX.Element {
  return (
    <label class="field">
      <span class="field-label">{label}</span>
      {children}
      {hint === undefined ? null : <span class="field-hint">{hint}</span>}
    </label>
  );
}

/** A field in which somebody repeats a name, to confirm what could do harm. */
export function ConfirmField(
  { name, value, onInput }: { name: string; value: string; onInput: (value: string) => void },
): JSX.Element {
  return (
    <Field label={`Type ${name} to confirm`}>
      <input
        required
        autocomplete="off"
        autocapitalize="off"
        spellcheck={false}
        value={value}
        onInput={({ currentTarget }) => onInput(currentTarget.value)}
      />
    </Field>
  );
}

/** An entry of a menu. */
export interface MenuItem {
  readonly label: string;
  readonly icon?: IconName;
  readonly isDanger?: boolean;
  readonly disabled?: boolean;
  readonly onSelect: () => void | Promise<unknown>;
}

/** A button that opens a menu. Arrow keys move, Escape closes. */
export function Menu(
  { label, icon = "ellipsis", items }: { label: string; icon?: IconName; items: readonly MenuItem[] },
): JSX.Element {
  const { toasts } = useWorld();
  const isOpen = useSignal(false);
  const box = useRef<HTMLDivElement>(null);
  const close = (refocus: boolean) => {
    isOpen.value = false;
    if (refocus) box.current?.querySelector("button")?.focus();
  };
  useEffect(() => {
    if (!isOpen.value) return;
    box.current?.querySelector<HTMLElement>("[role=menuitem]")?.focus();
    const onPointer = (event: PointerEvent) => {
      if (!box.current?.contains(event.target as Node)) close(false);
    };
    document.addEventListener("pointerdown", onPointer);
    return () => document.removeEventListener("pointerdown", onPointer);
  }, [isOpen.value]);
  const onKeyDown = (event: KeyboardEvent) => {
    if (!isOpen.value) return;
    if (event.key === "Escape") {
      event.stopPropagation();
      return close(true);
    }
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const entries = [...box.current?.querySelectorAll<HTMLElement>("[role=menuitem]") ?? []];
    const at = entries.findIndex((each) => each === document.activeElement);
    entries.at((at + step) % entries.length)?.focus();
  };
  const select = async (item: MenuItem) => {
    close(true);
    try {
      await item.onSelect();
    } catch (error) {
      toasts.failure(error);
    }
  };
  return (
    <div class="menu" ref={box} onKeyDown={onKeyDown}>
      <button
        type="button"
        class="button quiet icon-only"
        aria-label={label}
        title={label}
        aria-haspopup="menu"
        aria-expanded={isOpen.value}
        onClick={() => isOpen.value = !isOpen.value}
      >
        <Icon name={icon} />
      </button>
      {isOpen.value
        ? (
          <div class="menu-list" role="menu" aria-label={label}>
            {items.map((item) => (
              <button
                key={item.label}
                type="button"
                role="menuitem"
                tabIndex={-1}
                class={item.isDanger ? "menu-item danger" : "menu-item"}
                disabled={item.disabled}
                onClick={() => void select(item)}
              >
                {item.icon === undefined ? null : <Icon name={item.icon} />}
                {item.label}
              </button>
            ))}
          </div>
        )
        : null}
    </div>
  );
}
