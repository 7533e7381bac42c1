# What every build of agent98 has beside the files of its system. Read by the other makefiles, so nothing but names.
PORTABLE = main.c agent.c run.c result.c runlog.c place.c update.c visit.c measure.c job.c spool.c text.c names.c info.c \
	setting.c clock.c crc32.c
