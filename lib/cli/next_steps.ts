/**
 * What people do after a command, which its help names.
 *
 * @module
 */

/** The commands by the name of the command before them; capitals stand for what the person fills in. */
const NEXT: Readonly<Record<string, readonly string[]>> = {
  "usage": ["session events NAME", "project history NAME"],
  "serve": ["run -- CMD", "status", "doctor"],
  "status": ["ps", "doctor"],
  "stop": ["status", "serve"],
  "bridge": ["call server.ping", "doctor"],
  "run": ["ps", "attach ID", "logs ID", "kill ID"],
  "ps": ["attach ID", "logs ID", "inspect ID", "kill ID"],
  "top": ["inspect ID", "kill ID"],
  "attach": ["logs ID", "kill ID"],
  "logs": ["attach ID", "inspect ID"],
  "kill": ["ps", "logs ID", "rm ID"],
  "restart": ["logs ID", "ps"],
  "wait": ["logs ID", "rm ID"],
  "exec": ["inspect ID", "ps"],
  "inspect": ["logs ID", "exec ID -- CMD"],
  "rename": ["ps", "attach NEW"],
  "rm": ["ps", "prune"],
  "prune": ["ps"],
  "call": ["help bridge"],
  "mcp": ["session list"],
  "install": ["start", "doctor"],
  "service": ["status", "doctor"],
  "doctor": ["serve", "hub start"],
  "completions": ["help"],
  "version": ["doctor"],
  "help": ["help run", "help session start"],

  "session start": ["session send NAME TEXT", "session attach NAME", "session events NAME"],
  "session list": ["session show NAME", "session attach NAME"],
  "session show": ["session events NAME", "session send NAME TEXT"],
  "session send": ["session events NAME", "session show NAME", "session approve NAME"],
  "session events": ["session send NAME TEXT", "session attach NAME"],
  "session changes": ["session send NAME TEXT"],
  "session queue": ["session send NAME TEXT", "session show NAME"],
  "session approve": ["session events NAME", "session rules NAME"],
  "session deny": ["session events NAME"],
  "session answer": ["session events NAME"],
  "session interrupt": ["session send NAME TEXT", "session queue NAME"],
  "session attach": ["session events NAME", "session list"],
  "session stop": ["session resume NAME", "session remove NAME"],
  "session kill": ["session resume NAME", "session remove NAME"],
  "session resume": ["session send NAME TEXT", "session attach NAME"],
  "session fork": ["session send NAME TEXT", "session list"],
  "session rename": ["session list"],
  "session remove": ["session list --all"],
  "session policy": ["session rules NAME", "session show NAME"],
  "session rules": ["session policy NAME"],
  "session search": ["session events NAME"],

  "project list": ["project show NAME", "session start"],
  "project show": ["project history NAME", "session start"],
  "project create": ["project trust NAME", "session start"],
  "project trust": ["session start", "remote start NAME"],
  "project clone": ["project show NAME", "project trust NAME"],
  "project remove-worktree": ["project show NAME"],
  "project history": ["session start"],

  "remote start": ["remote qr NAME", "remote logs NAME", "remote list"],
  "remote list": ["remote logs NAME", "remote qr NAME"],
  "remote stop": ["remote resume NAME", "remote forget NAME"],
  "remote resume": ["remote qr NAME", "remote logs NAME"],
  "remote forget": ["remote list"],
  "remote logs": ["remote list", "remote stop NAME"],
  "remote recap": ["project history NAME"],
  "remote qr": ["remote logs NAME"],
  "remote reap": ["remote list"],

  "host list": ["host status NAME", "host add TARGET"],
  "host add": ["host status NAME", "session list --host NAME"],
  "host status": ["host retry NAME", "host upgrade NAME"],
  "host install": ["host status NAME", "session list --host NAME"],
  "host upgrade": ["host status NAME"],
  "host uninstall": ["host remove NAME"],
  "host retry": ["host status NAME"],
  "host accept-key": ["host status NAME"],
  "host key create": ["hub link URL", "host list"],
  "host key revoke": ["host list"],
  "host remove": ["host list"],
  "host nats-permissions": ["host list", "hub config"],

  "hub start": ["hub open", "hub status", "session start"],
  "hub status": ["session list", "hub doctor"],
  "hub stop": ["hub start", "status"],
  "hub restart": ["hub status"],
  "hub open": ["hub status", "hub sign-ins list"],
  "hub doctor": ["hub status", "doctor"],
  "hub config": ["hub restart", "hub doctor"],
  "hub import": ["hub config", "hub start"],
  "hub hash-password": ["hub config", "hub restart"],
  "hub token show": ["hub token create NAME"],
  "hub token create": ["hub token list", "hub token revoke NAME"],
  "hub token list": ["hub token revoke NAME"],
  "hub token revoke": ["hub token list"],
  "hub sign-ins list": ["hub sign-ins revoke ID"],
  "hub sign-ins revoke": ["hub sign-ins list"],
  "hub backup": ["hub restore FILE"],
  "hub restore": ["hub start", "hub doctor"],
  "hub service": ["hub status", "hub doctor"],
  "hub link": ["hub doctor", "hub restart"],
  "hub bridge": ["hub status"],
  "hub audit": ["hub sign-ins list", "hub token list"],
};

/** The groups whose commands can be called without their names. */
const SHORT_GROUP = "session";

/**
 * Returns what people do after a command.
 *
 * @param name The words of its name.
 * @returns Command lines without the name of the program; none if nothing is known of the command.
 */
export function nextSteps(name: string): readonly string[] {
  return NEXT[name] ?? NEXT[`${SHORT_GROUP} ${name}`] ?? [];
}
