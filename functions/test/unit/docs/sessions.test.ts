import assert from 'node:assert/strict';
import gatehouse from '../../../gatehouse.config.ts';
import { loadConfig } from '../../../src/config.ts';
import { readPage } from '../../helpers/docs.ts';

describe('docs/concepts/sessions.md', () => {
  it('has the default of sessions.maxPerUser', () => {
    const { sessions: _, ...product } = gatehouse;
    const { maxPerUser } = loadConfig({ GCLOUD_PROJECT: 'shop' }, product).sessions;
    const text = `\`sessions.maxPerUser\` sessions (${maxPerUser})`;
    assert.ok(readPage('docs/concepts/sessions.md').includes(text), text);
  });
});
