import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join, normalize } from 'node:path/posix';
import { ALL_PAGES, anchorsOf, prose, REPOSITORY, readPage } from '../../helpers/docs.ts';
import { itWithNotes } from '../../helpers/notes.ts';

/** Links and images that lead to another file, or to a heading. */
function internalLinks(page: string): string[] {
  const targets = [...prose(page).matchAll(/\]\(([^)\s]+)(?: "[^"]*")?\)/g)].map(([, target = '']) => target);
  return targets.filter((target) => !/^[a-z]+:/i.test(target));
}

const SRC = 'functions/src';
/** Its tables name packages and files of a build. */
const GENERATED = ['bench/RESULTS.md'];
const FOLDERS = /^(functions(?!\/unauthenticated)|aws|bench|docs|packages|tools|web|\.github)\//;
const LAYERS =
  /^(core|authz|authn|platform|audit|directory|users|identities|sign-up|token-exchange|notes|pipeline|http|callable)\//;
/** Made by commands, or by the reader. */
const NOT_THERE = /\.env|^functions\/lib|\/dist\/|^web\/vendor\/|^bench\/results\/|[<*…{]/;

/** Paths of the repository, or below functions/src, in code marks. */
function pathsIn(page: string): string[] {
  const withoutBlocks = readPage(page).replaceAll(/^( *)```[\s\S]*?^\1```$/gm, '');
  const codes = [...withoutBlocks.matchAll(/`([^`\s]+)`/g)].map(([, text = '']) => text);
  const isPath = (text: string) => FOLDERS.test(text) || (LAYERS.test(text) && page.startsWith('docs/'));
  return codes.filter((text) => isPath(text) && !NOT_THERE.test(text));
}

describe('the links of the documentation', () => {
  it('finds the pages', () => {
    assert.ok(ALL_PAGES.includes('README.md') && ALL_PAGES.includes('docs/index.md'), ALL_PAGES.join(' '));
  });

  for (const page of ALL_PAGES) {
    it(`resolves in ${page}`, () => {
      const broken = internalLinks(page).filter((link) => {
        const [path = '', anchor] = link.split('#');
        const target = path === '' ? page : normalize(join(page, '..', decodeURIComponent(path)));
        if (!existsSync(join(REPOSITORY, target))) return true;
        return anchor !== undefined && target.endsWith('.md') && !anchorsOf(target).has(anchor);
      });
      assert.deepEqual(broken, []);
    });
  }

  itWithNotes('names no file of the repository that does not exist', () => {
    const missing = ALL_PAGES.filter((page) => !GENERATED.includes(page)).flatMap((page) =>
      pathsIn(page)
        .filter((path) => !existsSync(join(REPOSITORY, path)) && !existsSync(join(REPOSITORY, SRC, path)))
        .map((path) => `${page}: ${path}`),
    );
    assert.deepEqual(missing, []);
  });

  it('reaches every page of docs/ from its index', () => {
    const reached = new Set(['docs/index.md']);
    for (const page of reached) {
      for (const link of internalLinks(page)) {
        const [path = ''] = link.split('#');
        const target = path === '' ? page : normalize(join(page, '..', path));
        if (target.startsWith('docs/') && target.endsWith('.md')) reached.add(target);
      }
    }
    const pages = ALL_PAGES.filter((page) => page.startsWith('docs/'));
    assert.deepEqual(
      pages.filter((page) => !reached.has(page)),
      [],
    );
  });
});
