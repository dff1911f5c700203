import { readFileSync } from 'node:fs';
import { readReleasedRules } from '../../project/rules.ts';
import { checkRules } from '../../rules/check-rules.ts';
import type { Check } from '../check.ts';
import { type Finding, finding } from '../findings.ts';
import { deployedFile } from './database-settings.ts';
import { existingDatabase } from './setup.ts';

/** @param where the file or release that has these rules */
function findingsIn(source: string, databaseId: string, where: string): Finding[] {
  const verdict = checkRules(source, databaseId);
  if (verdict.kind === 'undecided') {
    const what = `${where} cannot be read, so it may let clients reach our collections: ${verdict.reason}`;
    return [finding('rules-undecided', what, 'Compare the file with the recipe in the guide.')];
  }
  if (verdict.kind === 'closed') return [];
  const byStatement = Map.groupBy(verdict.exposures, ({ line, text }) => `${line}: ${text}`);
  return [...byStatement].map(([statement, exposures]) => {
    const names = exposures.map(({ collection }) => collection).join(', ');
    const may = exposures.every(({ when }) => when === 'always') ? 'lets' : 'may let';
    return finding(
      'rules-exposed',
      `${where} ${may} clients reach ${names} in line ${statement}`,
      'Exclude these collections, or use a database of its own for Gatehouse.',
    );
  });
}

export const rulesInFiles: Check = {
  name: 'rules in files',
  reads: 'files',
  run(subject) {
    const { path, name } = deployedFile(subject, 'rules');
    return findingsIn(readFileSync(path, 'utf8'), subject.installation.databaseId, name);
  },
};

export const releasedRules: Check = {
  name: 'released rules',
  reads: 'project',
  async run(subject) {
    const databaseId = await existingDatabase(subject);
    const released = await readReleasedRules(subject.live.access, databaseId);
    if (!released) {
      const what = `no rules are released for the database ${databaseId}`;
      return [finding('rules-unreleased', what, 'Deploy rules that refuse every client.')];
    }
    return findingsIn(released.source, databaseId, `the released rules of ${databaseId}`);
  },
};
