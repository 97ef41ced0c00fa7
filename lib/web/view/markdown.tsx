import { Component, type ComponentChildren, h, type JSX } from "preact";
import { useMemo } from "preact/hooks";
import type { Token, Tokens } from "marked";
import { hiddenHost, safeLink } from "../text/links.ts";
import { type Block, blocksOf, decodeEntities } from "../text/markdown.ts";
import { CodeBlock } from "./code_block.tsx";
import { visible, withoutDirections } from "./text.ts";

/** Deeper than this, a text is shown as it was written. */
const MAX_DEPTH = 24;
/** The first level of headings: the page has the ones above. */
const FIRST_LEVEL = 2;

/** A text in Markdown. */
export function Markdown({ text }: { text: string }): JSX.Element {
  return <MarkdownBlocks blocks={useMemo(() => blocksOf(text), [text])} />;
}

/** Blocks of Markdown that were read. */
export function MarkdownBlocks({ blocks }: { blocks: readonly Block[] }): JSX.Element {
  const levels = headingLevels(blocks);
  return (
    <div class="markdown">
      {blocks.map((block, i) => block.type === "space" ? null : <TopBlock key={i} block={block} level={levels[i]!} />)}
    </div>
  );
}

/** A block that is drawn again only if it is another one. */
class TopBlock extends Component<{ block: Block; level: number }> {
  override shouldComponentUpdate({ block, level }: { block: Block; level: number }): boolean {
    return block !== this.props.block || level !== this.props.level;
  }

  override render({ block, level }: { block: Block; level: number }): ComponentChildren {
    return drawBlock(block, 0, level);
  }
}

/** Headings may skip levels in Markdown; in a document each is at most one deeper than the one before. */
function headingLevels(blocks: readonly Block[]): readonly number[] {
  const open: number[] = [];
  return blocks.map((block) => {
    if (block.type !== "heading") return 0;
    const depth = block["depth"] as number;
    while ((open.at(-1) ?? 0) >= depth) open.pop();
    open.push(depth);
    return Math.min(6, FIRST_LEVEL - 1 + open.length);
  });
}

function drawBlock(token: Token, depth: number, level = 6): ComponentChildren {
  if (depth > MAX_DEPTH) return <p class="markdown-raw">{withoutDirections(token.raw)}</p>;
  const block = token as Tokens.Generic;
  switch (block.type) {
    case "space":
    case "def":
      return null;
    case "heading":
      return h(`h${level}`, { class: `heading-${block["depth"]}`, dir: "auto" }, inline(block.tokens ?? [], depth));
    case "paragraph":
      return <p dir="auto">{inline(block.tokens ?? [], depth)}</p>;
    case "text":
      return block.tokens === undefined
        ? <p class="markdown-raw" dir="auto">{withoutDirections(block["text"])}</p>
        : <p dir="auto">{inline(block.tokens, depth)}</p>;
    case "code":
      return <CodeBlock code={block["text"]} language={(block["lang"] ?? "").split(/\s/, 1)[0]} />;
    case "blockquote":
      return <blockquote>{blocks(block.tokens ?? [], depth)}</blockquote>;
    case "list":
      return drawList(token as Tokens.List, depth);
    case "table":
      return drawTable(token as Tokens.Table, depth);
    case "hr":
      return <hr />;
    default: // HTML is shown as it was written
      return <p class="markdown-raw">{withoutDirections(token.raw.trimEnd())}</p>;
  }
}

function blocks(tokens: readonly Token[], depth: number): ComponentChildren {
  return tokens.map((token, i) => <Fragment key={i}>{drawBlock(token, depth + 1)}</Fragment>);
}

function Fragment({ children }: { children?: ComponentChildren }): ComponentChildren {
  return children;
}

function drawList({ ordered, start, items }: Tokens.List, depth: number): JSX.Element {
  const entries = items.map((item, i) => (
    <li key={i} class={item.task ? "task" : undefined} dir="auto">
      {item.task
        ? (
          <input
            type="checkbox"
            checked={item.checked ?? false}
            disabled
            aria-label={item.checked ? "Done" : "To do"}
          />
        )
        : null}
      {itemContent(item, depth)}
    </li>
  ));
  return ordered ? <ol start={start === "" ? 1 : start}>{entries}</ol> : <ul>{entries}</ul>;
}

/** A tight list has no paragraphs. */
function itemContent({ tokens, loose }: Tokens.ListItem, depth: number): ComponentChildren {
  return tokens.map((token, i) => {
    const part = token as Tokens.Generic;
    if (part.type === "checkbox") return null;
    const isText = part.type === "text" || (!loose && part.type === "paragraph");
    const content = isText && part.tokens !== undefined && depth <= MAX_DEPTH
      ? (loose ? <p>{inline(part.tokens, depth)}</p> : inline(part.tokens, depth))
      : drawBlock(token, depth + 1);
    return <Fragment key={i}>{content}</Fragment>;
  });
}

function drawTable({ header, rows, align }: Tokens.Table, depth: number): JSX.Element {
  const cell = (tag: "th" | "td") => ({ tokens }: Tokens.TableCell, i: number) =>
    h(tag, { key: i, class: align[i] ? `align-${align[i]}` : undefined, dir: "auto" }, inline(tokens, depth));
  return (
    <div class="markdown-table" tabIndex={0} role="group" aria-label="Table">
      <table>
        <thead>
          <tr>{header.map(cell("th"))}</tr>
        </thead>
        <tbody>{rows.map((row, i) => <tr key={i}>{row.map(cell("td"))}</tr>)}</tbody>
      </table>
    </div>
  );
}

function inline(tokens: readonly Token[], depth: number): ComponentChildren {
  return tokens.map((token, i) => drawInline(token, i, depth + 1));
}

function drawInline(token: Token, key: number, depth: number): ComponentChildren {
  if (depth > MAX_DEPTH) return withoutDirections(token.raw);
  const part = token as Tokens.Generic;
  const children = () => part.tokens === undefined ? shownText(part["text"]) : inline(part.tokens, depth);
  switch (part.type) {
    case "text":
      return part.tokens === undefined ? shownText(part["text"]) : inline(part.tokens, depth);
    case "escape":
      return withoutDirections(part["text"]);
    case "strong":
      return <strong key={key}>{children()}</strong>;
    case "em":
      return <em key={key}>{children()}</em>;
    case "del":
      return <del key={key}>{children()}</del>;
    case "codespan":
      return <code key={key}>{visible(part["text"])}</code>;
    case "br":
      return <br key={key} />;
    case "link":
      return <TextLink key={key} href={part["href"]} text={part["text"]}>{children()}</TextLink>;
    case "image": // nothing is loaded that the agent names
      return (
        <TextLink key={key} href={part["href"]} text={part["text"]}>
          {shownText(part["text"] || part["href"])}
        </TextLink>
      );
    case "checkbox":
      return null;
    default: // HTML is shown as it was written
      return withoutDirections(token.raw);
  }
}

function shownText(text: string): string {
  return withoutDirections(decodeEntities(text));
}

/** A link, if it may be followed; what it says otherwise. */
function TextLink(
  { href, text, children }: { href: string; text: string; children: ComponentChildren },
): JSX.Element {
  const target = safeLink(decodeEntities(href));
  if (target === undefined) return <span class="no-link" title={visible(href).slice(0, 500)}>{children}</span>;
  const host = hiddenHost(target, decodeEntities(text));
  return (
    <>
      <a href={target} target="_blank" rel="noopener noreferrer" title={visible(target).slice(0, 500)}>{children}</a>
      {host === undefined ? null : <span class="link-host">{` (${visible(host)})`}</span>}
    </>
  );
}
