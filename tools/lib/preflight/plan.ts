import type { Item, Part } from './items.ts';
import { type Live, MAKE_PUBLIC } from './live.ts';
import { planFunctions } from './plan-functions.ts';
import { planDatabase, planIndexes } from './plan-indexes.ts';
import { planRules } from './plan-rules.ts';
import type { Wanted } from './wanted.ts';

export interface PlanOptions {
  parts: readonly Part[];
  /** Keys of what may be replaced. */
  accepted: ReadonlySet<string>;
  /** Those that were asked for by name, and are not left out for being another's. */
  explicit: readonly Part[];
  /** Only some functions are deployed. */
  isPartial: boolean;
  /** Whether questions can be asked. */
  isInteractive: boolean;
}

/** A pattern that no other site has: the emulator's requests of the page. */
const OWN_REWRITE = '/{identitytoolkit,securetoken}.googleapis.com/**';

/** What a deployment does to a project: one item for each thing. Pure. */
export function planDeployment(wanted: Wanted, live: Live, options: PlanOptions): Item[] {
  const { parts, accepted, explicit } = options;
  const has = (part: Part) => parts.includes(part);
  const isInstalled = live.functions.some(({ codebase }) => codebase === wanted.codebase);
  const deployRules = !has('rules') ? 'no' : explicit.includes('rules') ? 'yes' : 'if-ours';
  /** The items of a part that is deployed. */
  const of = (part: Part, items: () => Item[]) =>
    has(part) ? items().map((item): Item => ({ ...item, part })) : [];
  const rules = () => planRules(wanted, live, { isInstalled, deploy: deployRules, accepted });
  return [
    ...planProject(wanted, live, has('functions')),
    ...(has('rules') || has('indexes') ? planDatabase(wanted, live) : []),
    ...(has('rules') ? of('rules', rules) : of('functions', rules)),
    ...of('indexes', () => planIndexes(wanted, live, { isInstalled, accepted })),
    ...of('functions', () => [...planFunctions(wanted, live, options), ...planAccounts(live)]),
    ...of('hosting', () => planHosting(wanted, live)),
    ...of('auth', () => planAuth(wanted, live, options)),
  ];
}

function planProject(
  wanted: Wanted,
  { blaze, disabledApis, missingPermissions, functions }: Live,
  hasFunctions: boolean,
): Item[] {
  const items: Item[] = disabledApis.map((api) => ({
    action: 'create',
    what: `API ${api}.googleapis.com`,
    why: 'is switched on',
  }));
  if (blaze === false && hasFunctions)
    items.push({ action: 'refuse', what: 'billing', why: 'Cloud Functions need the Blaze plan' });
  const hasNew = wanted.functions.some(
    (one) => !functions.some(({ name, region }) => name === one.name && region === one.region),
  );
  const missing = missingPermissions?.filter((permission) => hasNew || permission !== MAKE_PUBLIC) ?? [];
  if (missing.length > 0) {
    items.push({ action: 'refuse', what: 'your account', why: `it lacks ${missing.join(', ')}` });
  }
  return items;
}

function planAccounts({ poorAccounts }: Live): Item[] {
  if (!poorAccounts) {
    return [{ action: 'warn', what: 'roles of the service accounts', why: 'your account may not read them' }];
  }
  return poorAccounts.map(({ email, missing, roles }): Item => {
    const why = `it lacks ${missing.join(', ')}: grant ${roles.join(', ')}, unless it has them on the folder or organization`;
    return { action: 'warn', what: `service account ${email}`, why };
  });
}

function planHosting({ site, functions, rewrites, callingSites }: Wanted, live: Live): Item[] {
  if (site === undefined) {
    return [
      {
        action: 'leave',
        what: 'Hosting',
        why: 'the page is off: no site is applied to the target gatehouse',
      },
    ];
  }
  const what = `Hosting site ${site}`;
  const unknown = rewrites.find((id) => !functions.some(({ name }) => name === id));
  if (unknown !== undefined) {
    return [
      {
        action: 'refuse',
        what,
        why: `firebase.json passes requests on to ${unknown}, which is not deployed`,
      },
    ];
  }
  if (!live.site) {
    return [{ action: 'refuse', what, why: `it does not exist: npx firebase hosting:sites:create ${site}` }];
  }
  const { release, isDefault } = live.site;
  const warnings: Item[] = callingSites.includes(site)
    ? []
    : [
        {
          action: 'warn',
          what,
          why: `add it to HOSTING_SITES in functions/.env, or the API refuses its requests`,
        },
      ];
  if (release?.rewrites.includes(OWN_REWRITE)) return [...warnings, { action: 'change', what }];
  if (!release && !isDefault) return [...warnings, { action: 'create', what }];
  const why = isDefault ? 'the website of the project would be our page' : 'another website is there';
  return [...warnings, { action: 'replace', what, why, key: `site:${site}` }];
}

function planAuth({ providers }: Wanted, { identity }: Live, options: PlanOptions): Item[] {
  const off = providers.filter((name) => name !== 'emailPassword' || !identity?.emailPassword);
  if (off.length === 0) return [];
  const what = `sign-in methods ${off.join(', ')}`;
  const isWanted = options.explicit.includes('auth') || options.accepted.has('auth');
  // The CLI cannot switch them on with the credentials that a machine has.
  if (!isWanted && (identity || !options.isInteractive)) {
    const why = identity ? 'the project signs users in already' : 'no terminal';
    return [{ action: 'leave', what, why: `${why}. To switch them on: npm run deploy -- --only auth` }];
  }
  return identity
    ? [{ action: 'change', what, why: 'they are off', key: 'auth' }]
    : [{ action: 'create', what }];
}
