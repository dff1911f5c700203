import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join, normalize } from 'node:path/posix';
import { ALL_PAGES, anchorsOf, prose, REPOSITORY } from '../../helpers/docs.ts';

/** Links and images that lead to another file, or to a heading. */
function internalLinks(page: string): string[] {
  const targets = [...prose(page).matchAll(/\]\(([^)\s]+)(?: "[^"]*")?\)/g)].map(([, target = '']) => target);
  return targets.filter((target) => !/^[a-z]+:/i.test(target));
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
