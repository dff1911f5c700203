import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { COMMAND_PAGES, codeBlocks, NOT_RUN, readPage } from '../../helpers/docs.ts';

/** `<project id>` and the like, which the reader fills in. */
const PLACEHOLDER = /<[A-Za-z][\w -]*>/;

describe('the shell blocks of README and docs', () => {
  const blocks = COMMAND_PAGES.flatMap(codeBlocks);

  it('have no placeholder, unless they say why they are not run', () => {
    const wrong = blocks.filter(
      ({ language, code, notRun }) => language === 'sh' && notRun === undefined && PLACEHOLDER.test(code),
    );
    assert.deepEqual(
      wrong.map(({ page, line }) => `${page}:${line}`),
      [],
    );
  });

  it('and all others have each "not run" comment in the line before', () => {
    for (const page of COMMAND_PAGES) {
      const comments = readPage(page)
        .split('\n')
        .filter((line) => NOT_RUN.test(line));
      const marked = codeBlocks(page).filter(({ notRun }) => notRun !== undefined);
      assert.equal(comments.length, marked.length, page);
    }
  });

  it('are valid shell, those that are not run included', () => {
    for (const { page, line, language, code } of blocks) {
      if (language !== 'sh') continue;
      const input = code.replaceAll(/<([A-Za-z][\w -]*)>/g, 'placeholder').replaceAll(/ \[--force\]|…/g, '');
      const { status, stderr } = spawnSync('bash', ['-n'], { input, encoding: 'utf8' });
      assert.equal(status, 0, `${page}:${line} ${stderr}`);
    }
  });

  it('use a language that is named', () => {
    const unnamed = COMMAND_PAGES.flatMap(codeBlocks).filter(
      ({ language, code }) => language === '' && /^(npm|npx|curl|gcloud|aws|git) /m.test(code),
    );
    assert.deepEqual(
      unnamed.map(({ page, line }) => `${page}:${line}`),
      [],
    );
  });
});
