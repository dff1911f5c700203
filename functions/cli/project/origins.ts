/**
 * Origins of Google's APIs. Each variable is the one that the Firebase CLI reads (`lib/api.js` of firebase-tools), so that
 * one stand-in serves both.
 */
export const ORIGINS = {
  firebase: ['FIREBASE_API_URL', 'https://firebase.googleapis.com'],
  functionsV1: ['FIREBASE_FUNCTIONS_URL', 'https://cloudfunctions.googleapis.com'],
  functionsV2: ['FIREBASE_FUNCTIONS_V2_URL', 'https://cloudfunctions.googleapis.com'],
  hosting: ['FIREBASE_HOSTING_API_URL', 'https://firebasehosting.googleapis.com'],
  rules: ['FIREBASE_RULES_URL', 'https://firebaserules.googleapis.com'],
  firestore: ['FIRESTORE_URL', 'https://firestore.googleapis.com'],
  secretManager: ['CLOUD_SECRET_MANAGER_URL', 'https://secretmanager.googleapis.com'],
  serviceUsage: ['FIREBASE_SERVICE_USAGE_URL', 'https://serviceusage.googleapis.com'],
  resourceManager: ['FIREBASE_RESOURCEMANAGER_URL', 'https://cloudresourcemanager.googleapis.com'],
  iam: ['FIREBASE_IAM_URL', 'https://iam.googleapis.com'],
  billing: ['FIREBASE_CLOUDBILLING_URL', 'https://cloudbilling.googleapis.com'],
  artifacts: ['ARTIFACT_REGISTRY_DOMAIN', 'https://artifactregistry.googleapis.com'],
  identity: ['FIREBASE_IDENTITY_URL', 'https://identitytoolkit.googleapis.com'],
} as const;

export type Api = keyof typeof ORIGINS;

export function originOf(api: Api): string {
  const [variable, origin] = ORIGINS[api];
  return process.env[variable] || origin;
}
