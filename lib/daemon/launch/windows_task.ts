/**
 * Tasks for the Task Scheduler of Windows. It is used instead of the service manager, which `sc.exe` talks to: that ends a
 * program that does not answer it within 30 seconds, and this program is not made for it.
 *
 * @module
 */

/** What Windows keeps running while a user is logged on. */
export interface WindowsTask {
  /** The name of the task. */
  readonly name: string;
  /** What it is, in a sentence. */
  readonly about: string;
  /** The command. */
  readonly command: readonly string[];
  /** The user's home directory. */
  readonly home: string;
  /** The user, as `DOMAIN\NAME`; `undefined` if it is unknown. */
  readonly user: string | undefined;
}

/** A task as a file. */
export interface WindowsTaskFile {
  /** The contents of the file. */
  readonly text: string;
  /** The path of the file. */
  readonly path: string;
  /** What the user types to make, start and remove the task. */
  readonly advice: string;
}

/** Stands for a user who is not known, such as on another system. */
const ANY_USER = "DOMAIN\\NAME";

/** Returns the definition of the task, and what to type. */
export function windowsTask({ name, about, command, home, user }: WindowsTask): WindowsTaskFile {
  const [program = "", ...args] = command;
  const who = xmlText(user ?? ANY_USER);
  const text = `<?xml version="1.0"?>
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo>
    <Description>${xmlText(about)}</Description>
  </RegistrationInfo>
  <Triggers>
    <LogonTrigger>
      <UserId>${who}</UserId>
    </LogonTrigger>
  </Triggers>
  <Principals>
    <Principal id="Author">
      <UserId>${who}</UserId>
      <LogonType>InteractiveToken</LogonType>
      <RunLevel>LeastPrivilege</RunLevel>
    </Principal>
  </Principals>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <StartWhenAvailable>true</StartWhenAvailable>
    <!-- Without this, the task would be ended after three days. -->
    <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>
    <RestartOnFailure>
      <Interval>PT1M</Interval>
      <Count>60</Count>
    </RestartOnFailure>
  </Settings>
  <Actions Context="Author">
    <Exec>
      <Command>${xmlText(program)}</Command>
      <Arguments>${xmlText(args.map(windowsQuote).join(" "))}</Arguments>
    </Exec>
  </Actions>
</Task>
`;
  const path = `${home.replaceAll("\\", "/")}/AppData/Local/claustrum/${name}.xml`;
  return { text, path, advice: advice(name, path.replaceAll("/", "\\"), user) };
}

function advice(name: string, path: string, user: string | undefined): string {
  const whoseTask = user === undefined ? `write your own user in the place of ${ANY_USER}: whoami prints it\n` : "";
  return `${whoseTask}make the task with: schtasks /Create /TN ${name} /XML "${path}" /F
start it now with: schtasks /Run /TN ${name}
end it with: schtasks /End /TN ${name}, and remove it with: schtasks /Delete /TN ${name} /F
it starts when you log on, and ends when you log off`;
}

/** Quotes an argument as programs of Windows split their command line: backslashes count only before a quote. */
export function windowsQuote(arg: string): string {
  if (arg !== "" && !/[\s"]/.test(arg)) return arg;
  return `"${arg.replaceAll(/(\\*)"/g, '$1$1\\"').replace(/(\\+)$/, "$1$1")}"`;
}

/** Other characters than those of ASCII are written as numbers, so that the encoding of the file does not matter. */
function xmlText(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")
    .replaceAll(/[^\x20-\x7e]/gu, (character) => `&#${character.codePointAt(0)};`);
}
