import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { codesIn, REPOSITORY, readPage, tableUnder } from '../../helpers/docs.ts';

const PAGE = 'docs/reference/cli.md';
const { scripts } = JSON.parse(readFileSync(join(REPOSITORY, 'package.json'), 'utf8')) as {
  scripts: Readonly<Record<string, string>>;
};

/** `npm start` and `npm run grant` → the name of the script. */
const scriptsIn = (heading: string) =>
  [...heading.matchAll(/npm (?:run )?([\w:-]+)/g)].map(([, name = '']) => name);

describe('docs/reference/cli.md', () => {
  const headings = [...readPage(PAGE).matchAll(/^## (.*)$/gm)].map(([, heading = '']) => heading);

  it('has every script of package.json, and no other', () => {
    assert.deepEqual(headings.flatMap(scriptsIn).toSorted(), Object.keys(scripts).toSorted());
  });

  for (const heading of headings) {
    const [name = ''] = scriptsIn(heading);
    const tool = /bootstrap\.mjs ([\w-]+)$/.exec(scripts[name] ?? '')?.[1];
    const file = join(REPOSITORY, `tools/${tool}.ts`);
    const [, section = ''] = readPage(PAGE).split(`\n## ${heading}\n`);
    const hasTable = /^\n[\s\S]*?^\| option \|/m.test(section.split('\n## ')[0] ?? '');
    if (!hasTable) continue;

    it(`has options of "${heading}" that the tool knows`, () => {
      assert.ok(existsSync(file), file);
      const source = readFileSync(file, 'utf8');
      const options = tableUnder(PAGE, `## ${heading}`).flatMap(([cell]) => codesIn(cell));
      for (const option of options) {
        const [, long = ''] = /^--([\w-]+)/.exec(option) ?? [];
        assert.ok(new RegExp(`['\\s]${long}['\\s:]`).test(source), `${option} in tools/${tool}.ts`);
      }
    });
  }
});
