import { once } from '../../src/core/once.ts';
import { readDatabase, readFieldOverrides, readIndexes } from '../project/firestore.ts';
import { readFunctions } from '../project/functions.ts';
import { readIdentityConfig } from '../project/identity.ts';
import type { ProjectAccess } from '../project/request.ts';

export type LiveProject = ReturnType<typeof openLiveProject>;

/**
 * A live project. What several checks need is read once.
 *
 * @param now this machine's clock, in milliseconds
 */
export function openLiveProject(access: ProjectAccess, now: () => number) {
  function byDatabase<T>(read: (access: ProjectAccess, databaseId: string) => Promise<T>) {
    const answers = new Map<string, Promise<T>>();
    return (databaseId: string) => {
      const answer = answers.get(databaseId) ?? read(access, databaseId);
      answers.set(databaseId, answer);
      return answer;
    };
  }
  return {
    access,
    now,
    functions: once(() => readFunctions(access)),
    identity: once(() => readIdentityConfig(access)),
    database: byDatabase(readDatabase),
    indexes: byDatabase(readIndexes),
    fieldOverrides: byDatabase(readFieldOverrides),
  };
}
