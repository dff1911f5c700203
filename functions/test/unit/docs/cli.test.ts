import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { USAGE as GRANT } from '../../../cli/grant.ts';
import { USAGE as IMPORT_USERS } from '../../../cli/import-users.ts';
import { codesIn, REPOSITORY, readPage, tableUnder } from '../../helpers/docs.ts';

const PAGE = 'docs/reference/cli.md';
const { scripts } = JSON.parse(readFileSync(join(REPOSITORY, 'package.json'), 'utf8')) as {
  scripts: Readonly<Record<string, string>>;
};

/** `npm start` and `npm run grant` → the name of the script. */
const scriptsIn = (heading: string) =>
  [...heading.matchAll(/npm (?:run )?([\w:-]+)/g)].map(([, name = '']) => name);

/** The files that read the options of a tool, where it is not `tools/<tool>.ts`. */
const READERS: Record<string, string> = {
  bench: 'bench/run.ts',
  grant: 'functions/cli/grant.ts',
  'import-users': 'functions/cli/import-users.ts',
  start: 'tools/lib/start-options.ts',
};

const USAGE = join(REPOSITORY, 'tools/usage');

const longName = (option: string) => /^--([\w-]+)/.exec(option)?.[1] ?? option;

/** The options that a source file gives to `parseArgs`. */
function optionsIn(file: string): string[] {
  const options = readFileSync(file, 'utf8').matchAll(
    /(?:'([\w-]+)'|\b(\w+)): (?:text\b|\{ type: '(?:string|boolean)')/g,
  );
  return [...options].map(([, quoted, plain = '']) => quoted ?? plain).toSorted();
}

describe('tools/usage', () => {
  for (const [command, text] of Object.entries({ grant: GRANT, 'import-users': IMPORT_USERS })) {
    it(`has the usage of gatehouse ${command} for npm run ${command}`, () => {
      const usage = readFileSync(join(USAGE, `${command}.txt`), 'utf8').trimEnd();
      assert.equal(usage.replaceAll(`npm run ${command} --`, `gatehouse ${command}`), text);
    });
  }
});

describe('docs/reference/cli.md', () => {
  const headings = [...readPage(PAGE).matchAll(/^## (.*)$/gm)].map(([, heading = '']) => heading);

  it('has every script of package.json, and no other', () => {
    const commands = Object.keys(scripts).filter((name) => name !== 'postinstall'); // npm runs it, people do not
    assert.deepEqual(headings.flatMap(scriptsIn).toSorted(), commands.toSorted());
  });

  it('has the scripts of functions/', () => {
    const { scripts: own } = JSON.parse(readFileSync(join(REPOSITORY, 'functions/package.json'), 'utf8'));
    const listed = tableUnder(PAGE, '## Scripts of functions/').flatMap(([cell]) => codesIn(cell));
    const usual = ['build', 'build:watch', 'serve', 'shell', 'start', 'deploy', 'logs', 'lint', 'test'];
    assert.deepEqual(listed, usual);
    for (const name of listed) assert.ok(Object.hasOwn(own, name), name);
  });

  it('has every option of every tool, and no other, as the usage has', () => {
    const tools = new Set<string>();
    for (const heading of headings) {
      const [name = ''] = scriptsIn(heading);
      const tool = /bootstrap\.mjs ([\w-]+)$/.exec(scripts[name] ?? '')?.[1];
      const usage = join(REPOSITORY, `tools/usage/${tool}.txt`);
      if (tool === undefined || !existsSync(usage)) continue;
      tools.add(tool);
      const ofTool = optionsIn(join(REPOSITORY, READERS[tool] ?? `tools/${tool}.ts`)).filter(
        (option) => option !== 'help',
      );
      const listed = tableUnder(PAGE, `## ${heading}`).flatMap(([cell]) => codesIn(cell));
      assert.deepEqual(listed.map(longName).toSorted(), ofTool, heading);
      const lines = readFileSync(usage, 'utf8').matchAll(/^ +(?:-\w, )?--([\w-]+)/gm);
      const explained = [...lines].map(([, option = '']) => option).filter((option) => option !== 'help');
      assert.deepEqual(explained.toSorted(), ofTool, usage);
    }
    assert.deepEqual([...tools].map((tool) => `${tool}.txt`).toSorted(), readdirSync(USAGE).toSorted());
  });
});
