import type { JSX } from "preact";
import { Link } from "../controls.tsx";
import { Icon, type IconName } from "../icon.tsx";
import { About } from "./about.tsx";
import { Appearance } from "./appearance.tsx";
import { Audit } from "./audit.tsx";
import { Configuration } from "./configuration.tsx";
import { Doctor } from "./doctor.tsx";
import { NotificationSettings } from "./notification_settings.tsx";
import { SignIns } from "./sign_ins.tsx";
import { Tokens } from "./tokens.tsx";

/** A section of the settings. */
interface Section {
  readonly id: string;
  readonly title: string;
  readonly icon: IconName;
  readonly View: () => JSX.Element;
}

const SECTIONS: readonly Section[] = [
  { id: "appearance", title: "Appearance", icon: "sun", View: Appearance },
  { id: "notifications", title: "Notifications", icon: "bell", View: NotificationSettings },
  { id: "sign-ins", title: "Sign-ins", icon: "user-round", View: SignIns },
  { id: "tokens", title: "API tokens", icon: "key-round", View: Tokens },
  { id: "audit", title: "Audit", icon: "list-checks", View: Audit },
  { id: "doctor", title: "Doctor", icon: "wrench", View: Doctor },
  { id: "configuration", title: "Configuration", icon: "file-text", View: Configuration },
  { id: "about", title: "About", icon: "circle-question-mark", View: About },
];

/** The settings: a list of sections, and one of them. On a phone the list is a page of its own. */
export function SettingsPage({ section: chosen }: { section: string }): JSX.Element {
  const section = SECTIONS.find(({ id }) => id === chosen);
  // Beside the list, there is always a section.
  const shown = section ?? SECTIONS[0]!;
  return (
    <div class={section === undefined ? "page settings is-list" : "page settings"}>
      <h1 class="settings-title">Settings</h1>
      <nav class="settings-sections" aria-label="Settings">
        {SECTIONS.map(({ id, title, icon }) => (
          <Link key={id} to={{ page: "settings", section: id }} class="settings-link" current={id === shown.id}>
            <Icon name={icon} size={18} />
            <span>{title}</span>
            <Icon name="chevron-right" />
          </Link>
        ))}
      </nav>
      <div class="settings-section" key={shown.id}>
        <Link to={{ page: "settings", section: "" }} class="settings-back">
          <Icon name="arrow-left" /> Settings
        </Link>
        <h2>{shown.title}</h2>
        <shown.View />
      </div>
    </div>
  );
}
