import type { WebHome } from "./web_home.ts";

/** What the browser of the sign-in says it is. */
const USER_AGENT =
  "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/146.0.0.0 Safari/537.36";

/** A cookie, in the form that a new browser context takes. */
export interface Cookie {
  name: string;
  value: string;
  domain: string;
  path: string;
  expires: number;
  httpOnly: boolean;
  secure: boolean;
  sameSite: "Lax";
}

/** What a browser keeps of a sign-in, in the form that a new browser context takes. */
export interface SignedIn {
  readonly cookies: Cookie[];
  readonly origins: { origin: string; localStorage: { name: string; value: string }[] }[];
}

/** Signs in with the hub's token, without the page. */
export async function signIn({ url, token }: Pick<WebHome, "url" | "token">): Promise<SignedIn> {
  const response = await fetch(`${url}/api/sign-in`, {
    method: "POST",
    headers: { "content-type": "application/json", "user-agent": USER_AGENT, origin: url },
    body: JSON.stringify({ token }),
  });
  const { page_key } = await response.json();
  const [, name = "", value = ""] = /^([^=]+)=([^;]+)/.exec(response.headers.get("set-cookie") ?? "") ?? [];
  if (name === "") throw new Error(`the hub signs nobody in: ${response.status}`);
  const { hostname, origin } = new URL(url);
  return {
    cookies: [{
      name,
      value,
      domain: hostname,
      path: "/",
      expires: -1,
      httpOnly: true,
      secure: false,
      sameSite: "Lax",
    }],
    origins: [{ origin, localStorage: [{ name: "claustrum.page_key", value: page_key }] }],
  };
}
