// Tells the type checker what Vite makes of imported styles.
/// <reference types="vite/client" />
