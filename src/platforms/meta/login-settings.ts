/** An app as its platform knows it. The secret goes into requests to the platform and nowhere else. */
export interface AppCredentials {
  id: string;
  secret: string;
}

/** How people are asked for consent. Origins without a trailing slash; an app is null where none is configured. */
export interface LoginSettings {
  facebookDialogOrigin: string;
  instagramDialogOrigin: string;
  /** Where Instagram Login's codes are exchanged: neither the dialog's host nor the Graph API's. */
  instagramTokenOrigin: string;
  /** For Facebook Login. */
  facebookApp: AppCredentials | null;
  /** For Instagram Login: the Instagram app's own pair, not the Meta app's. */
  instagramApp: AppCredentials | null;
}
