import type { SettingName } from "./setting-names.js";

/** What variables are about, and what each is for. */
export interface Section {
  readonly title: string;
  readonly purposes: Partial<Readonly<Record<SettingName, string>>>;
}

/** Every variable once (which a test holds them to), as people look for them. */
export const sections: readonly Section[] = [
  {
    title: "Where the service is",
    purposes: {
      PLYR_ENV: "development allows HTTP and PDSs on loopback",
      HOST: "what is listened on",
      PORT: "where HTTP is answered; 8000, and nowhere by a worker, unless it is set",
      PUBLIC_URL: "the origin under which browsers reach the service; http://127.0.0.1:PORT unless it is set",
      SHUTDOWN_NOTICE:
        "for how long a process that is told to end still answers, with /ready at 503, so that a load balancer sends nobody there any more",
      WEB_DIR: "the built pages, unless they lie where the build puts them",
      LOG_LEVEL: "the least of what is logged",
    },
  },
  {
    title: "What is kept",
    purposes: {
      DATABASE_URL: "Postgres; unset: embedded, in DATA_DIR, for one process",
      DATA_DIR: "what a process keeps on this machine",
      SESSION_KEY:
        "encrypts what is at rest; of several the first encrypts and all decrypt, so that it can be changed. Demanded in production",
      OAUTH_KEYS:
        "proves to PDSs who we are, so that sign-ins last longer than two weeks: npm run plyr -- oauth-key makes it",
    },
  },
  {
    title: "Background tasks",
    purposes: {
      DOCKET_URL: "Redis; unset: docket is disabled, and tasks run in process",
      DOCKET_CA_FILE: "who may have signed the certificate of a rediss:// server of your own",
      DOCKET_CERT_FILE: "by which a rediss:// server of your own that asks for certificates knows us",
      DOCKET_KEY_FILE: "its private key",
      DOCKET_NAME: "namespace of all keys: two names on one Redis never meet",
      DOCKET_WORKER_CONCURRENCY: "tasks at a time in a process",
      DOCKET_WORKER_SLEEP:
        "how long an idle worker sleeps; one that was killed is missed 15 s after that at most",
      REDIS_DAILY_COMMANDS: "how many commands to Redis a day may cost, before an alert says so",
      ALERTS_EVERY: "how often to look for what is wrong",
    },
  },
  {
    title: "Files",
    purposes: {
      STORAGE_DIR: "the folder of uploaded audio",
      S3_BUCKET: "a bucket in place of the folder, behind any S3 API: all S3_ variables, or none",
      S3_ENDPOINT: "where its API is",
      S3_REGION: "its region",
      S3_ACCESS_KEY_ID: "who we are there",
      S3_SECRET_ACCESS_KEY: "the secret that goes with it",
      MAX_UPLOAD_BYTES: "the largest file that is taken in",
      EXPORT_KEEP: "for how long an export can be downloaded",
    },
  },
  {
    title: "Copyright scans",
    purposes: {
      AUDD_TOKEN: "has AuDD scan tracks",
      AUDD_URL: "where AuDD's API is",
      AUDD_DAILY_CALLS: "calls of AuDD a day, at most",
      FFMPEG: "decodes audio for scans",
    },
  },
  {
    title: "Operators",
    purposes: {
      ADMIN_DIDS: "who does over HTTP, signed in, what operators do from their shell",
      OPERATOR_WEBHOOK_URL: "is sent a POST for each notice",
      METRICS_TOKEN: "what who reads /metrics must send",
    },
  },
  {
    title: "Traces",
    purposes: {
      OTEL_EXPORTER_OTLP_ENDPOINT: "where spans are sent besides the table of records",
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "the same, for traces alone",
      OTEL_EXPORTER_OTLP_HEADERS: "sent along, as for authorization",
      OTEL_SERVICE_NAME: "what this service is called there",
      RECORDS_KEEP: "for how long spans are kept in the table of records",
      RECORDS_MOST: "how many of them",
      TRACES_PER_SECOND: "traces that a process may begin",
    },
  },
  {
    title: "The AT Protocol",
    purposes: {
      COLLECTION_NAMESPACE: "of our records; unset: fm.plyr, and fm.plyr.dev in development",
      TEAL_PLAY_COLLECTION: "where plays are kept for those who want them scrobbled",
      TEAL_STATUS_COLLECTION: "and what they listen to now",
      PLC_URL: "the directory of DIDs",
      HANDLE_RESOLVER_URL: "who is asked whose a handle is",
    },
  },
];
