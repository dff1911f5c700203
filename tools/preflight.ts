// The `predeploy` hook of firebase.json: checks a part of `firebase deploy` before anything is changed, and merges the indexes
// of the project into the file that the CLI deploys.
import { PARTS, type Part, partsOf } from './lib/preflight/items.ts';
import { writeIndexes } from './lib/preflight/merge-indexes.ts';
import { preflight } from './lib/preflight/preflight.ts';
import { fail } from './lib/run.ts';

const [target = ''] = process.argv.slice(2);
const {
  GCLOUD_PROJECT: projectId = '',
  GATEHOUSE_ACCEPT = '',
  GATEHOUSE_ACCOUNT,
  GATEHOUSE_PARTS,
} = process.env;
const list = (text: string) => text.split(/[\s,]+/).filter(Boolean);
const parts: Part[] = partsOf({ only: target === 'functions' ? 'functions,auth' : target });
const deployed =
  GATEHOUSE_PARTS === undefined ? PARTS : PARTS.filter((part) => list(GATEHOUSE_PARTS).includes(part));

const checked = parts.filter((part) => deployed.includes(part));

try {
  const { wanted, live, accepted } = await preflight({
    projectId,
    parts: checked,
    accepted: new Set(list(GATEHOUSE_ACCEPT)),
    explicit: checked, // the CLI deploys them, whatever is planned
    isPartial: true, // the CLI itself asks before it deletes a function
    isInteractive: process.stdin.isTTY,
    isQuiet: GATEHOUSE_PARTS !== undefined,
    account: GATEHOUSE_ACCOUNT,
    hint: (keys) => `To accept what follows, set GATEHOUSE_ACCEPT=${keys}`,
  });
  const isInstalled = live.functions.some(({ codebase }) => codebase === wanted.codebase);
  if (parts.includes('indexes')) await writeIndexes(wanted, live, { isInstalled, accepted });
  process.exit(); // a timer of the CLI's login would keep this process for 15 s
} catch (error) {
  fail(error);
}
