import type { JSX } from "preact";
import { chooseTheme, type Theme, theme, THEMES } from "../../state/theme.ts";
import { Icon, type IconName } from "../icon.tsx";
import { Part } from "./parts.tsx";

const SHOWN: Readonly<Record<Theme, { readonly label: string; readonly icon: IconName }>> = {
  system: { label: "System", icon: "monitor" },
  light: { label: "Light", icon: "sun" },
  dark: { label: "Dark", icon: "moon" },
};

/** The theme. */
export function Appearance(): JSX.Element {
  return (
    <Part>
      <fieldset class="themes">
        <legend>Theme</legend>
        <div class="theme-list">
          {THEMES.map((each) => (
            <label key={each} class="theme">
              <input
                type="radio"
                name="theme"
                checked={theme.value === each}
                onChange={() => chooseTheme(each)}
              />
              <Icon name={SHOWN[each].icon} size={18} />
              {SHOWN[each].label}
            </label>
          ))}
        </div>
      </fieldset>
      <p class="muted small">Remembered in this browser.</p>
    </Part>
  );
}
