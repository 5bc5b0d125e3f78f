# cmake -DTEMPLATE=FILE -DOUTPUT=FILE -DVERSION=X.Y.Z -DSOURCE_DIR=DIR -P WriteVersion.cmake
# An image build has no git history: PRODUCTD_COMMIT in the environment then names the commit.
set(COMMIT "$ENV{PRODUCTD_COMMIT}")
if(NOT COMMIT)
  execute_process(
    COMMAND git -C "${SOURCE_DIR}" rev-parse --short=12 HEAD
    OUTPUT_VARIABLE COMMIT
    OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
endif()
if(NOT COMMIT)
  set(COMMIT "unknown")
endif()
configure_file("${TEMPLATE}" "${OUTPUT}" @ONLY)
