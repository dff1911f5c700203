import { type PoorAccount, readPoorAccounts } from '../../../functions/cli/project/account-permissions.ts';
import { isBillingEnabled } from '../../../functions/cli/project/billing.ts';
import {
  type Database,
  type FieldOverride,
  type Index,
  readDatabase,
  readFieldOverrides,
  readIndexes,
  readUsedCollections,
} from '../../../functions/cli/project/firestore.ts';
import { type DeployedFunction, readFunctions } from '../../../functions/cli/project/functions.ts';
import { type HostingRelease, readLiveRelease, readSites } from '../../../functions/cli/project/hosting.ts';
import { missingPermissions, readServiceAccount } from '../../../functions/cli/project/iam.ts';
import { type IdentityConfig, readIdentityConfig } from '../../../functions/cli/project/identity.ts';
import { lacksCleanupPolicy } from '../../../functions/cli/project/images.ts';
import { ApiError, type ProjectAccess } from '../../../functions/cli/project/request.ts';
import { type ReleasedRules, readReleasedRules } from '../../../functions/cli/project/rules.ts';
import { hasSecret } from '../../../functions/cli/project/secrets.ts';
import { isApiEnabled } from '../../../functions/cli/project/services.ts';
import { groupsToRead } from './collection-groups.ts';
import type { Part } from './items.ts';
import type { Wanted } from './wanted.ts';

/** The state of a project, as far as a deployment of ours can touch it. */
export interface Live {
  /** Undefined here and below: the deployer may not read it. */
  readonly blaze: boolean | undefined;
  readonly disabledApis: readonly string[];
  readonly missingPermissions: readonly string[] | undefined;
  /** The service accounts of functions that lack a permission. */
  readonly poorAccounts: readonly PoorAccount[] | undefined;
  /** The service accounts of the parameters that do not exist or are disabled. */
  readonly unusableAccounts: readonly string[];
  readonly functions: readonly DeployedFunction[];
  /** Regions that Google did not list. */
  readonly unreachable: readonly string[];
  readonly database: Database | undefined;
  readonly rules: ReleasedRules | undefined;
  readonly indexes: readonly Index[];
  readonly fields: readonly FieldOverride[];
  /** Those of `groupsToRead` that hold documents. */
  readonly collections: readonly string[] | undefined;
  readonly site: { readonly isDefault: boolean; readonly release: HostingRelease | undefined } | undefined;
  readonly identity: IdentityConfig | undefined;
  /** Secrets of the functions that do not exist, or have no version that can be read. */
  readonly missingSecrets: readonly string[];
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
      'secretmanager',
    ],
    ...['firestore', 'firebaserules', 'identitytoolkit'],
  ],
  hosting: ['firebasehosting'],
  auth: ['identitytoolkit'],
};

/** Needed for a new function only. */
export const MAKE_PUBLIC = 'run.services.setIamPolicy';

/** Without them the deployment would end half-way. */
const PERMISSIONS: Record<Part, readonly string[]> = {
  rules: ['firebaserules.rulesets.create', 'firebaserules.releases.create', 'firebaserules.releases.update'],
  indexes: ['datastore.indexes.create', 'datastore.indexes.update'],
  functions: [
    ...['cloudfunctions.functions.create', 'cloudfunctions.functions.update', 'cloudscheduler.jobs.create'],
    MAKE_PUBLIC,
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

/** The APIs that are not enabled: nothing exists of them, and Google refuses to read it. */
async function readDisabled(access: ProjectAccess, apis: readonly string[]): Promise<ReadonlySet<string>> {
  const found = await Promise.all(
    apis.map(async (api) =>
      (await ifAllowed(isApiEnabled(access, `${api}.googleapis.com`))) === false ? [api] : [],
    ),
  );
  return new Set(found.flat());
}

/** @throws ApiError if something cannot be read that the deployment could harm */
export async function readLive(access: ProjectAccess, wanted: Wanted, parts: readonly Part[]): Promise<Live> {
  const has = (...some: Part[]) => some.some((part) => parts.includes(part));
  const needed = [...new Set(parts.flatMap((part) => APIS[part]))];
  const disabled = await readDisabled(access, [...new Set([...needed, 'cloudfunctions'])]);
  const unlessDisabled = <T>(
    api: string,
    isNeeded: boolean,
    read: () => Promise<T>,
  ): Promise<T | undefined> => (isNeeded && !disabled.has(api) ? read() : Promise.resolve(undefined));

  const { databaseId, site } = wanted;
  const isFirestore = has('functions', 'rules', 'indexes');
  const permissions = [...new Set(parts.flatMap((part) => PERMISSIONS[part]))];
  const [deployed, database, rules, identity, found] = await Promise.all([
    unlessDisabled('cloudfunctions', true, () => readFunctions(access)),
    unlessDisabled('firestore', isFirestore, () => readDatabase(access, databaseId)),
    unlessDisabled('firebaserules', isFirestore, () => readReleasedRules(access, databaseId)),
    unlessDisabled('identitytoolkit', has('functions', 'auth'), () => readIdentityConfig(access)),
    site !== undefined && has('hosting')
      ? unlessDisabled('firebasehosting', true, () => readSite(access, site))
      : undefined,
  ]);
  const { functions = [], unreachable = [] } = deployed ?? {};
  const ours = functions.filter(({ codebase }) => codebase === wanted.codebase);
  const accounts = [...wanted.functions, ...ours].flatMap(({ serviceAccount }) => serviceAccount ?? []);
  const [blaze, missing, poorAccounts, unusableAccounts, missingSecrets, uncleaned] = await Promise.all([
    ifAllowed(isBillingEnabled(access)),
    ifAllowed(missingPermissions(access, permissions)),
    has('functions') ? ifAllowed(readPoorAccounts(access, accounts)) : [],
    has('functions') ? readUnusableAccounts(access, wanted) : [],
    has('functions') ? readMissingSecrets(access, wanted, disabled.has('secretmanager')) : [],
    unlessDisabled('artifactregistry', has('functions'), () => readUncleaned(access, wanted)),
  ]);
  const isIndexed = database !== undefined && has('indexes');
  const [indexes = [], fields = []] = await Promise.all([
    unlessDisabled('firestore', isIndexed, () => readIndexes(access, databaseId)),
    unlessDisabled('firestore', isIndexed, () => readFieldOverrides(access, databaseId)),
  ]);
  const groups = groupsToRead(wanted, fields, ours.length > 0);
  const collections = await unlessDisabled('firestore', isIndexed, () =>
    ifAllowed(readUsedCollections(access, databaseId, groups)),
  );
  return {
    ...{ blaze, missingPermissions: missing, poorAccounts, unusableAccounts, missingSecrets },
    disabledApis: needed.filter((api) => disabled.has(api)),
    ...{ functions, unreachable, database, rules, indexes, fields, collections, site: found, identity },
    uncleaned: uncleaned ?? [],
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

async function readMissingSecrets(
  access: ProjectAccess,
  { secrets }: Wanted,
  isDisabled: boolean,
): Promise<string[]> {
  if (isDisabled) return [...secrets];
  const found = await Promise.all(
    secrets.map(async (name) => ((await ifAllowed(hasSecret(access, name))) === false ? [name] : [])),
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
