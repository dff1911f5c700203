import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { IssuerProfile } from '../../src/authn/oidc/issuer-profile.ts';
import { readTrustedIssuers } from '../../src/authn/oidc/trusted-issuers.ts';
import { auth0, cognito, type Deployment, oidc } from '../../src/core/gatehouse-config.ts';

/** Reads the Markdown pages of the repository. Paths are relative to its root. */

export const REPOSITORY = fileURLToPath(new URL('../../../', import.meta.url));

const IGNORED = /(^|\/)(node_modules|lib|dist|coverage|\.[a-z][^/]*)(\/|$)/;

/** Every page of the repository, except those of dependencies. */
export const ALL_PAGES: readonly string[] = globSync('**/*.md', {
  cwd: REPOSITORY,
  exclude: isIgnored,
}).sort();

/** Pages with commands that readers run: README and docs. */
export const COMMAND_PAGES = ALL_PAGES.filter((page) => page === 'README.md' || page.startsWith('docs/'));

function isIgnored(path: string): boolean {
  return IGNORED.test(path);
}

export function readPage(page: string): string {
  return readFileSync(join(REPOSITORY, page), 'utf8');
}

export interface CodeBlock {
  readonly page: string;
  /** Line of the opening fence, counted from 1. */
  readonly line: number;
  readonly language: string;
  /** Without the indentation of the fence. */
  readonly code: string;
  /** Reason of a `<!-- not run: reason -->` in the line before. */
  readonly notRun?: string;
}

const FENCE = /^( *)```(\w*)$/;
export const NOT_RUN = /^ *<!-- not run: (.+) -->$/;

/** The fenced code blocks of a page, in order. */
export function codeBlocks(page: string): CodeBlock[] {
  const lines = readPage(page).split('\n');
  const blocks: CodeBlock[] = [];
  for (let at = 0; at < lines.length; at++) {
    const [fence, indent = '', language = ''] = FENCE.exec(lines[at] ?? '') ?? [];
    if (fence === undefined) continue;
    const end = lines.indexOf(`${indent}\`\`\``, at + 1);
    if (end < 0) throw new Error(`${page}:${at + 1} opens a block that does not end`);
    const code = lines.slice(at + 1, end).map((line) => line.replace(indent, ''));
    const notRun = NOT_RUN.exec(lines[at - 1] ?? '')?.[1];
    blocks.push({
      page,
      line: at + 1,
      language,
      code: `${code.join('\n')}\n`,
      ...(notRun !== undefined && { notRun }),
    });
    at = end;
  }
  return blocks;
}

/** The shell blocks of a page that are not marked as not run. */
export function runnableBlocks(page: string): CodeBlock[] {
  return codeBlocks(page).filter(({ language, notRun }) => language === 'sh' && notRun === undefined);
}

/** A page without its code blocks and inline code. */
export function prose(page: string): string {
  return readPage(page)
    .replaceAll(/^( *)```[\s\S]*?^\1```$/gm, '')
    .replaceAll(/`[^`\n]*`/g, '');
}

/** The rows of the first table under a heading, as their cells. */
export function tableUnder(page: string, heading: string): string[][] {
  const [, rest] = `\n${readPage(page)}`.split(`\n${heading}\n`);
  if (rest === undefined) throw new Error(`${page} has no "${heading}"`);
  const [table] = /^\|[^\n]*\n\|[-:| ]+\|\n((?:\|[^\n]*\n)*)/m.exec(rest)?.slice(1) ?? [];
  if (table === undefined) throw new Error(`${page} has no table under "${heading}"`);
  return table
    .trimEnd()
    .split('\n')
    .map((row) =>
      row
        .slice(1, -1)
        .split(/(?<!\\)\|/)
        .map((cell) => cell.trim()),
    );
}

/** The texts in backticks in a cell. */
export const codesIn = (cell = ''): string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code);

/** The anchors of a page's headings, as GitHub makes them. */
export function anchorsOf(page: string): Set<string> {
  const text = readPage(page).replaceAll(/^( *)```[\s\S]*?^\1```$/gm, '');
  const anchors = new Set<string>();
  for (const [, heading = ''] of text.matchAll(/^#{1,6} +(.+?) *$/gm)) {
    const plain = heading.replaceAll(/[`*_]/g, '').replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1');
    const slug = plain
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\- ]/gu, '')
      .replaceAll(' ', '-');
    let unique = slug;
    for (let n = 1; anchors.has(unique); n++) unique = `${slug}-${n}`;
    anchors.add(unique);
  }
  return anchors;
}

const PRODUCTION: Deployment = { projectId: 'shop-prod', emulator: false };

/** The profiles of each `trustedIssuers` on a page. */
export function documentedIssuers(
  page: string,
  deployment: Deployment = PRODUCTION,
): readonly IssuerProfile[] {
  const blocks = codeBlocks(page).filter(({ code }) => /^trustedIssuers:/m.test(code));
  if (blocks.length === 0) throw new Error(`${page} has no trustedIssuers`);
  return blocks.flatMap(({ code }) => {
    // The excerpt has no type annotations, so it is JavaScript.
    const build = new Function('cognito', 'auth0', 'oidc', `return ({${code}}).trustedIssuers`);
    const trustedIssuers: (deployment: Deployment) => unknown = build(cognito, auth0, oidc);
    return readTrustedIssuers(trustedIssuers(deployment), { local: false, allowFirebase: false });
  });
}
