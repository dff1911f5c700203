import { isBillingEnabled } from '../../../functions/cli/project/billing.ts';
import {
  type Database,
  type FieldOverride,
  type Index,
  readCollections,
  readDatabase,
  readFieldOverrides,
  readIndexes,
} from '../../../functions/cli/project/firestore.ts';
import { type DeployedFunction, readFunctions } from '../../../functions/cli/project/functions.ts';
import { type HostingRelease, readLiveRelease, readSites } from '../../../functions/cli/project/hosting.ts';
import {
  type Binding,
  missingPermissions,
  readBindings,
  readServiceAccount,
} from '../../../functions/cli/project/iam.ts';
import { type IdentityConfig, readIdentityConfig } from '../../../functions/cli/project/identity.ts';
import { lacksCleanupPolicy } from '../../../functions/cli/project/images.ts';
import { ApiError, type ProjectAccess } from '../../../functions/cli/project/request.ts';
import { type ReleasedRules, readReleasedRules } from '../../../functions/cli/project/rules.ts';
import { isApiEnabled } from '../../../functions/cli/project/services.ts';
import type { Part } from './items.ts';
import type { Wanted } from './wanted.ts';

/** The state of a project, as far as a deployment of ours can touch it. */
export interface Live {
  /** Undefined here and below: the deployer may not read it. */
  readonly blaze: boolean | undefined;
  readonly disabledApis: readonly string[];
  readonly missingPermissions: readonly string[] | undefined;
  readonly bindings: readonly Binding[] | undefined;
  /** The service accounts of the parameters that do not exist or are disabled. */
  readonly unusableAccounts: readonly string[];
  readonly functions: readonly DeployedFunction[];
  /** Regions that Google did not list. */
  readonly unreachable: readonly string[];
  readonly database: Database | undefined;
  readonly rules: ReleasedRules | undefined;
  readonly indexes: readonly Index[];
  readonly fields: readonly FieldOverride[];
  /** The collections with documents. */
  readonly collections: readonly string[] | undefined;
  readonly site: { readonly isDefault: boolean; readonly release: HostingRelease | undefined } | undefined;
  readonly identity: IdentityConfig | undefined;
  /** Regions in which the container images would get a cleanup policy. */
  readonly uncleaned: readonly string[];
}

/** The APIs that the Firebase CLI switches on. */
const APIS: Record<Part, readonly string[]> = {
  rules: ['firestore', 'firebaserules'],
  indexes: ['firestore'],
  functions: [
    ...[
      'cloudfunctions',
      'cloudbuild',
      'artifactregistry',
      'run',
      'eventarc',
      'pubsub',
      'storage',
      'cloudscheduler',
    ],
    ...['firestore', 'firebaserules', 'identitytoolkit'],
  ],
  hosting: ['firebasehosting'],
  auth: ['identitytoolkit'],
};

/** Without them the deployment would end half-way. */
const PERMISSIONS: Record<Part, readonly string[]> = {
  rules: ['firebaserules.rulesets.create', 'firebaserules.releases.create', 'firebaserules.releases.update'],
  indexes: ['datastore.indexes.create', 'datastore.indexes.update'],
  functions: [
    ...['cloudfunctions.functions.create', 'cloudfunctions.functions.update', 'cloudscheduler.jobs.create'],
    'run.services.setIamPolicy',
  ],
  hosting: ['firebasehosting.sites.update'],
  auth: ['firebaseauth.configs.update'],
};

/** What a deployment can do without: undefined when Google refuses it to the deployer. */
async function ifAllowed<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof ApiError && error.status === 403) return undefined;
    throw error;
  }
}

/** @throws ApiError if something cannot be read that the deployment could harm */
export async function readLive(access: ProjectAccess, wanted: Wanted, parts: readonly Part[]): Promise<Live> {
  const apis = [...new Set(parts.flatMap((part) => APIS[part]))].map((api) => `${api}.googleapis.com`);
  const states = await Promise.all(
    apis.map(async (api) => [api, await ifAllowed(isApiEnabled(access, api))] as const),
  );
  const disabledApis = states.flatMap(([api, enabled]) => (enabled === false ? [api] : []));

  /** Nothing exists of an API that is not enabled, and reading it would be refused. */
  const unlessDisabled = <T>(api: string, read: () => Promise<T>, nothing: T): Promise<T> =>
    disabledApis.includes(`${api}.googleapis.com`) ? Promise.resolve(nothing) : read();
  const isFunctions = parts.includes('functions');
  const isFirestore = isFunctions || parts.includes('rules') || parts.includes('indexes');
  const ifNeeded = <T>(isNeeded: boolean, api: string, read: () => Promise<T>, nothing: T) =>
    isNeeded ? unlessDisabled(api, read, nothing) : Promise.resolve(nothing);
  const { databaseId, site } = wanted;

  const [blaze, missing, bindings, deployed, database, rules, identity, release, accounts, uncleaned] =
    await Promise.all([
      ifAllowed(isBillingEnabled(access)),
      ifAllowed(missingPermissions(access, [...new Set(parts.flatMap((part) => PERMISSIONS[part]))])),
      ifAllowed(readBindings(access)),
      unlessDisabled('cloudfunctions', () => readFunctions(access), { functions: [], unreachable: [] }),
      ifNeeded(isFirestore, 'firestore', () => readDatabase(access, databaseId), undefined),
      ifNeeded(isFirestore, 'firebaserules', () => readReleasedRules(access, databaseId), undefined),
      ifNeeded(
        isFunctions || parts.includes('auth'),
        'identitytoolkit',
        () => readIdentityConfig(access),
        undefined,
      ),
      site === undefined || !parts.includes('hosting') ? undefined : readSite(access, site),
      isFunctions ? readUnusableAccounts(access, wanted) : [],
      ifNeeded(isFunctions, 'artifactregistry', () => readUncleaned(access, wanted), []),
    ]);
  const [indexes, fields, collections] =
    database && parts.includes('indexes')
      ? await Promise.all([
          readIndexes(access, databaseId),
          readFieldOverrides(access, databaseId),
          ifAllowed(readCollections(access, databaseId)),
        ])
      : [[], [], []];
  return {
    ...{ blaze, disabledApis, missingPermissions: missing, bindings, unusableAccounts: accounts },
    ...{ functions: deployed.functions, unreachable: deployed.unreachable },
    ...{ database, rules, indexes, fields, collections, site: release, identity, uncleaned },
  };
}

async function readSite(access: ProjectAccess, id: string): Promise<Live['site']> {
  const site = (await readSites(access)).find((one) => one.id === id);
  return site && { isDefault: site.isDefault, release: await readLiveRelease(access, id) };
}

async function readUnusableAccounts(access: ProjectAccess, { functions }: Wanted): Promise<string[]> {
  const emails = [...new Set(functions.flatMap(({ serviceAccount }) => serviceAccount ?? []))];
  const found = await Promise.all(
    emails.map(async (email) => {
      const account = await ifAllowed(readServiceAccount(access, email).then((one) => one ?? null));
      return account === undefined || (account && !account.disabled) ? [] : [email];
    }),
  );
  return found.flat();
}

async function readUncleaned(access: ProjectAccess, { functions }: Wanted): Promise<string[]> {
  const regions = [...new Set(functions.map(({ region }) => region))];
  const found = await Promise.all(
    regions.map(async (region) => ((await ifAllowed(lacksCleanupPolicy(access, region))) ? [region] : [])),
  );
  return found.flat();
}
