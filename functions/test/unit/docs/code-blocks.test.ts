import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { COMMAND_PAGES, type CodeBlock, codeBlocks, REPOSITORY } from '../../helpers/docs.ts';
import { itWithNotes } from '../../helpers/notes.ts';
import { type Fields, loadRules, type RulesRequest } from '../../rules/evaluate-rules.ts';

/** Each block of code in README and docs is run or compiled, or says in a "not run" comment why it is not. */

const FUNCTIONS = join(REPOSITORY, 'functions');

/** Pages with blocks that another test runs or compiles. */
const TESTED_ELSEWHERE: Readonly<Record<string, string>> = {
  'README.md': 'functions/test/unit/docs/guide.test.ts',
  'docs/guides/protect-an-endpoint.md': 'functions/test/unit/docs/guide.test.ts',
  'docs/guides/aws-lambda.md': 'aws/test/zip/guide.test.ts',
  'docs/guides/existing-express-app.md': 'functions/test/library/guided-project.ts',
  'docs/guides/token-storage.md': 'tools/browser/token-storage.test.ts',
  'docs/guides/mfa.md': 'tools/browser/factor-guides.test.ts',
  'docs/guides/passkeys.md': 'tools/browser/factor-guides.test.ts',
  'docs/guides/generated-client.md': 'packages/openapi-check/test/project.ts',
};

const blocks = COMMAND_PAGES.flatMap(codeBlocks).filter(({ notRun }) => notRun === undefined);
const inLanguage = (wanted: string) =>
  blocks.filter(({ page, language }) => language === wanted && !Object.hasOwn(TESTED_ELSEWHERE, page));

/** What the JavaScript blocks use and do not define. */
const BROWSER_GLOBALS = `
declare function api(path: string, init?: RequestInit): Promise<Response>;
declare function callFunction(name: string, data?: unknown): Promise<unknown>;
declare const id: string;
declare const appCheck: import('firebase/app-check').AppCheck;
declare const headers: Record<string, string>;
// Not installed here: as https://docs.amplify.aws/javascript/build-a-backend/auth/connect-your-frontend/manage-user-sessions/ has it.
declare module 'aws-amplify/auth' {
  export function fetchAuthSession(): Promise<{ tokens?: { accessToken: { toString(): string } } }>;
}
`;

const CONFIG = readFileSync(join(FUNCTIONS, 'gatehouse.config.ts'), 'utf8');
const SETTINGS = `${FUNCTIONS}/src/core/gatehouse-config.ts`;

/** A block of TypeScript as a module. One that has parts of gatehouse.config.ts replaces them in a copy of that file. */
function toModule({ code }: CodeBlock): string {
  if (/^import /m.test(code)) return code;
  if (/^(map|aal2):/.test(code)) {
    const issuer = `issuer: 'https://login.example.com', audience: 'api'`;
    return withParts(
      `trustedIssuers: ({ emulator }) => [oidc({ ${issuer}, ${code.trimEnd().replaceAll('\n', '\n  ')} })],\n`,
    );
  }
  return withParts(code);
}

function withParts(code: string): string {
  const parts = code.matchAll(/^(\w+): (?:.*,(?: *\/\/.*)?|[\s\S]*?^[}\]]+,)$/gm);
  let config = CONFIG.replace(
    /^import .*$/m,
    `import { auth0, cognito, defineConfig, oidc } from '${SETTINGS}';`,
  );
  for (const [text, name = ''] of parts) {
    const before = new RegExp(`^ {2}${name}: (?:.*,|[\\s\\S]*?^ {2}\\},)$`, 'm').exec(config)?.[0];
    assert.ok(before !== undefined, `gatehouse.config.ts has no ${name}`);
    config = config.replace(before, () => text.replace(/^ *\/\/ …$/m, () => otherLines(before, text)));
  }
  return config;
}

/** What `// …` stands for: the lines of a section with a key that the excerpt does not have. */
function otherLines(section: string, excerpt: string): string {
  const lines = section.split('\n').slice(1, -1);
  return lines.filter((line) => !excerpt.includes(`  ${line.trim().split(': ')[0]}: `)).join('\n');
}

/** @returns the errors of the TypeScript compiler */
function compile(files: Readonly<Record<string, string>>, options: object): string {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-docs-'));
  try {
    symlinkSync(join(FUNCTIONS, 'node_modules'), join(folder, 'node_modules'));
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
    const excerpts = { noUnusedLocals: false, noUnusedParameters: false };
    const compilerOptions = { ...excerpts, ...options };
    const config = { extends: `${FUNCTIONS}/tsconfig.json`, compilerOptions, include: ['*'] };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    const tsc = join(FUNCTIONS, 'node_modules/.bin/tsc');
    return spawnSync(tsc, ['-p', folder], { cwd: folder, encoding: 'utf8' }).stdout;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const TYPESCRIPT = { types: ['node'] };
const JAVASCRIPT = {
  ...{ lib: ['es2024', 'dom', 'dom.iterable'], types: [], moduleDetection: 'force' },
  ...{ strict: false, exactOptionalPropertyTypes: false, allowJs: true, checkJs: true },
};

const fileName = ({ page, line, language }: CodeBlock) =>
  `${page.replaceAll('/', '-')}-line-${line}.${language}`;

describe('the code blocks of README and docs', function () {
  this.timeout(60_000);

  it('are tested by the files that this test names for their pages', () => {
    for (const [page, test] of Object.entries(TESTED_ELSEWHERE)) {
      assert.ok(
        readFileSync(join(REPOSITORY, test), 'utf8').includes(basename(page, '.md')),
        `${test}: ${page}`,
      );
    }
  });

  it('are in a language that this test knows', () => {
    const others = ['', 'sh', 'json', 'html', 'mermaid', 'swift', 'kotlin'];
    const unknown = blocks.filter(({ language }) => !['js', 'ts', 'rules', ...others].includes(language));
    assert.deepEqual(unknown.map(fileName), []);
  });

  it('have types that fit the Firebase SDK, in JavaScript', () => {
    const found = inLanguage('js');
    // Blocks with a name in their first line import each other.
    const nameOf = (block: CodeBlock) => /^\/\/ ([\w-]+\.js)\n/.exec(block.code)?.[1] ?? fileName(block);
    const files = Object.fromEntries(found.map((block) => [nameOf(block), block.code]));
    assert.equal(Object.keys(files).length, found.length, 'two blocks have one name');
    assert.equal(compile({ ...files, 'globals.d.ts': BROWSER_GLOBALS }, JAVASCRIPT), '');
  });

  it('compile with the sources of this repository, in TypeScript', () => {
    const files = Object.fromEntries(inLanguage('ts').map((block) => [fileName(block), toModule(block)]));
    assert.ok(Object.keys(files).length >= 5);
    assert.equal(compile(files, TYPESCRIPT), '');
  });

  it('are refused with a mistake in them', () => {
    const block = { page: 'x.md', line: 1, language: 'ts', code: "defaultRole: 'membre',\n" };
    assert.match(compile({ 'x.ts': toModule(block) }, TYPESCRIPT), /'"membre"' is not assignable/);
    const code = "import { getAuth } from 'firebase/auth';\ngetAuth().currentUser.idToken();\n";
    assert.match(compile({ 'x.js': code }, JAVASCRIPT), /'idToken' does not exist on type 'User'/);
  });

  itWithNotes('allow what the guide to rules says, in firestore.rules', () => {
    const [block, ...more] = inLanguage('rules');
    assert.ok(block !== undefined && more.length === 0);
    const rules = readFileSync(join(REPOSITORY, 'firestore.rules'), 'utf8');
    const allows = loadRules(
      rules.replace(/^ *match \/\{document=\*\*\}/m, (last) => `${block.code}\n${last}`),
    );
    const time = new Date(0);
    const as = (role: string, request: Pick<RulesRequest, 'operation' | 'query' | 'after'>) => {
      const token: Fields = { roles: [role], rv: 1 };
      const path = request.operation === 'list' ? 'announcements' : 'announcements/a';
      return allows({ ...request, path, auth: { uid: 'ada', token }, time });
    };
    const list = (limit: number) => ({ operation: 'list', query: { where: {}, limit } }) as const;
    const create = { operation: 'create', after: {} } as const;
    assert.deepEqual(
      [as('member', { operation: 'get' }), as('auditor', { operation: 'get' })],
      [true, false],
    );
    assert.deepEqual([as('member', list(100)), as('member', list(101))], [true, false]);
    assert.deepEqual([as('admin', create), as('owner', create), as('member', create)], [true, true, false]);
    assert.equal(allows({ operation: 'get', path: 'announcements/a', auth: null, time }), false);
  });
});
