import { once } from '../src/core/once.ts';

/** Access tokens from Google's application default credentials. Loads the Admin SDK when the first one is needed. */
export function applicationDefault(projectId: string): () => Promise<string> {
  return once(async () => {
    // Otherwise the library asks gcloud or an API for the project, which needs a permission of its own.
    process.env.GOOGLE_CLOUD_PROJECT ??= projectId;
    const admin = await import('firebase-admin/app');
    try {
      return (await admin.applicationDefault().getAccessToken()).access_token;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new Error(`${reason} Sign in: gcloud auth application-default login`, { cause: error });
    }
  });
}
