import { randomUUID } from 'node:crypto';
import { type Clock, seconds } from '../../core/clock.ts';
import type { Migration, MigrationDeps, MigrationStep } from './migration.ts';
import { changeSchema, MIGRATIONS, type StoredSchema } from './schema.ts';

interface Options {
  /** Count, and write nothing. */
  readonly dryRun?: boolean;
  /** Run all migrations again, for example after a roll-back to an older version of the code. */
  readonly restart?: boolean;
  readonly migrations?: readonly Migration[];
}

interface MigrationProgress extends MigrationStep {
  readonly migration: Migration;
}

/** Longer than a step takes: a run that has not stored its progress for so long has ended. */
const LEASE_SECONDS = 180;

/**
 * Runs the migrations that the data does not have yet, one after the other. A run that was cut short goes on where it
 * stopped. Only one run at a time: a lease in `system/schema` ensures that.
 *
 * @yields after each step
 * @throws Error while another run is under way, and for data of a newer version of the code
 */
export async function* migrate(
  deps: MigrationDeps & { readonly clock: Clock },
  { dryRun = false, restart = false, migrations = MIGRATIONS }: Options = {},
): AsyncGenerator<MigrationProgress> {
  const by = randomUUID();
  const lease = () => ({ by, until: seconds(deps.clock) + LEASE_SECONDS });

  /** @throws Error when another run has taken over */
  const store = (schema: StoredSchema) =>
    changeSchema(deps, (stored) => {
      if (stored?.lease?.by !== by) throw new Error('Another run has taken over. This one ends.');
      return schema;
    });

  const before = await changeSchema(deps, (stored = { version: 0 }) => {
    if (stored.version > migrations.length) {
      throw new Error(
        `The data has version ${stored.version}, and this code knows ${migrations.length}: update the code first.`,
      );
    }
    if (dryRun) return undefined;
    if (stored.lease !== undefined && seconds(deps.clock) < stored.lease.until) {
      const wait = stored.lease.until - seconds(deps.clock);
      throw new Error(`Another run is under way, or was cut short: try again in ${wait} seconds.`);
    }
    return { ...(restart ? { version: 0 } : stored), lease: lease() };
  });
  let { version, cursor }: StoredSchema = restart || before === undefined ? { version: 0 } : before;
  try {
    for (const migration of migrations.slice(version)) {
      do {
        const step = await migration.step(deps, cursor, { dryRun });
        cursor = step.cursor;
        if (cursor === undefined) version = migration.version;
        if (!dryRun) await store({ version, cursor, lease: lease() });
        yield { ...step, migration };
      } while (cursor !== undefined);
    }
  } finally {
    // The next run need not wait. If this fails, the lease ends by itself.
    if (!dryRun) await changeSchema(deps, (stored) => withoutLease(stored, by)).catch(() => undefined);
  }
}

function withoutLease(stored: StoredSchema | undefined, by: string): StoredSchema | undefined {
  return stored?.lease?.by === by ? { ...stored, lease: undefined } : undefined;
}
