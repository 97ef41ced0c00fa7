import { copy } from "../copy_directory.ts";
