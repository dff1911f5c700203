import type { Item } from './items.ts';
import type { Live } from './live.ts';
import type { Wanted, WantedFunction } from './wanted.ts';

const labelOf = ({ name, region }: { name: string; region: string }) => `function ${name} (${region})`;
const isSame = (a: { name: string; region: string }, b: { name: string; region: string }) =>
  a.name === b.name && a.region === b.region;

export function planFunctions(
  wanted: Wanted,
  live: Live,
  options: {
    /** Only some functions are deployed: the others of the codebase are not deleted. */
    isPartial: boolean;
    isInteractive: boolean;
  },
): Item[] {
  const regions = live.unreachable.filter((region) => wanted.functions.some((one) => one.region === region));
  const unknown = regions.map((region): Item => {
    return {
      action: 'refuse',
      what: `functions in ${region}`,
      why: 'Google does not list them now: try again',
    };
  });
  const gone = live.functions.filter(
    (one) => one.codebase === wanted.codebase && !wanted.functions.some((each) => isSame(each, one)),
  );
  return [
    ...unknown,
    ...wanted.functions.flatMap((one) => [
      planFunction(one, wanted, live),
      ...planBlocking(one, wanted, live),
    ]),
    ...(options.isPartial ? [] : gone).map((one): Item => {
      return {
        action: 'delete',
        what: labelOf(one),
        why: 'no longer in the code',
        key: `function:${one.name}`,
      };
    }),
    ...live.unusableAccounts.map((email): Item => {
      return { action: 'refuse', what: `service account ${email}`, why: 'it does not exist or is disabled' };
    }),
    ...live.missingSecrets.map((name): Item => {
      const why = 'it does not exist, or has no version: docs/operations/keys.md says how to create it';
      return { action: 'refuse', what: `secret ${name}`, why };
    }),
    ...(options.isInteractive ? [] : planCleanup(wanted, live)), // in a terminal the CLI asks
  ];
}

function planFunction(one: WantedFunction, { codebase }: Wanted, { functions }: Live): Item {
  const what = labelOf(one);
  const found = functions.find((each) => isSame(each, one));
  if (!found) return { action: 'create', what };
  const owner =
    found.codebase === undefined ? 'not deployed by the Firebase CLI' : `of codebase ${found.codebase}`;
  const advice = 'set "prefix" in firebase.json to keep the names apart';
  if (found.generation === 1) {
    return { action: 'refuse', what, why: `a 1st generation function ${owner} has this name: ${advice}` };
  }
  if (found.codebase === codebase) return { action: 'change', what };
  return { action: 'replace', what, why: `${owner}: ${advice}`, key: `function:${one.name}` };
}

/** Authentication calls one function for each event: registering ours ends that of others. */
function planBlocking({ name, region, blocking }: WantedFunction, { codebase }: Wanted, live: Live): Item[] {
  const uri = blocking && live.identity?.blocking[blocking];
  if (!uri) return [];
  const registered = live.functions.find((one) => one.uri === uri);
  if (registered?.codebase === codebase) return [];
  const what = `${blocking} of Authentication`;
  const why = `${registered ? labelOf(registered) : uri} is called now, ${name} (${region}) would be called instead`;
  return [{ action: 'replace', what, why, key: `blocking:${blocking}` }];
}

/** The Firebase CLI keeps the images of all codebases of a region in one repository. */
function planCleanup({ codebase }: Wanted, { functions, uncleaned }: Live): Item[] {
  return uncleaned
    .filter((region) => functions.some((one) => one.region === region && one.codebase !== codebase))
    .map((region) => ({
      ...({ action: 'change', what: `container images in ${region}` } as const),
      why: 'those of all functions, older than a day, would be deleted: the Firebase CLI sets a cleanup policy. Or choose one: npx firebase functions:artifacts:setpolicy',
      key: `images:${region}`,
    }));
}
